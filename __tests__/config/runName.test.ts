import { describe, expect, test } from '@jest/globals';
import { runNameProblem, withRunName } from '../../src/config/runName.js';
import { smallConfig } from '../support/checkpoints.js';

describe('the name of a run', () => {
  test.each(['demo', 'my cfg %d', 'größer 日本', 'a.b', '.hidden', 'demo.checkpoint', 'x'.repeat(150)])(
    'may be %j',
    (name) => {
      expect(runNameProblem(name)).toBeNull();
      expect(withRunName(smallConfig(), name).name).toBe(name);
    },
  );

  test.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['.', 'not a folder'],
    ['..', 'not a folder'],
    ['a/b', 'not a path'],
    ['./demo', 'not a path'],
    ['demo/', 'not a path'],
    ['a\\b', 'not a path'],
    ['a\nb', 'control characters'],
    ['a\0b', 'control characters'],
    ['a\u001b[31mb', 'control characters'],
    ['a\u2028b', 'line breaks'],
    ['a\ud800b', 'broken Unicode'],
    [' demo', 'space'],
    ['demo ', 'space'],
    ['-demo', 'option'],
    ['日'.repeat(51), '150 bytes'],
  ])('should not be %j', (name, problem) => {
    expect(runNameProblem(name)).toContain(problem);
    expect(() => withRunName(smallConfig(), name)).toThrow(RangeError);
  });

  test('should be that of the configuration where none is given, which is checked too', () => {
    expect(withRunName(smallConfig()).name).toBe('small');
    expect(() => withRunName({ ...smallConfig(), name: 'a\tb' })).toThrow(
      'name of the run: must not contain control characters, line breaks or broken Unicode ("a\\tb"); pass another name for the run',
    );
  });
});
