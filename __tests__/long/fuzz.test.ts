/** A slice of the corpus of `npm run fuzz`, in this process. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { corpus } from '../../scripts/fuzz/corpus.js';
import { writeCase } from '../../scripts/fuzz/fuzzCase.js';
import { judge } from '../../scripts/fuzz/judge.js';
import { countByKind, reportOf, table } from '../../scripts/fuzz/report.js';
import { useTestEngine } from '../support/engine.js';

useTestEngine();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-fuzz-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const cases = corpus(60, 1).map((fuzzCase) => {
  const { kind, recipe, number } = fuzzCase;
  return [`${kind} ${number}, ${recipe.name.slice(0, 80)}`, fuzzCase] as const;
});

describe('damaged input', () => {
  test.each(cases)(
    'should end in a result or one clear message: %s',
    async (_, fuzzCase) => {
      const path = await writeCase(fuzzCase, folder);
      const { faults } = await judge(fuzzCase.kind, path, fuzzCase.recipe.expected ?? 'refused');
      expect(faults).toEqual([]);
    },
    30_000,
  );
});

describe('the corpus', () => {
  test('should be the same for a seed, and have as many cases as asked for', async () => {
    expect(corpus(1000, 5)).toHaveLength(1000);
    const [one, other] = [corpus(1000, 5).at(-1), corpus(1000, 6).at(-1)];
    if (!one || !other) throw new Error('expected cases, got none');
    const bytes = async (fuzzCase: typeof one) => readFile(await writeCase(fuzzCase, folder));
    expect(await bytes(one)).toEqual(await bytes(one));
    expect(await bytes(one)).not.toEqual(await bytes(other));
  });

  test('should blame a case for a crash, a hang, a blow-up and a message that helps nobody', () => {
    const [fuzzCase] = corpus(10, 1);
    if (!fuzzCase) throw new Error('expected a case, got none');
    const answer = { accepted: false, messages: [], faults: [], bytesBefore: 0, bytesPeak: 0 };
    const reports = [
      reportOf(fuzzCase, { kind: 'crash', why: 'ended with SIGSEGV:' }, 300),
      reportOf(fuzzCase, { kind: 'hang' }, 300),
      reportOf(fuzzCase, { kind: 'answer', answer: { ...answer, bytesPeak: 4e8 } }, 300),
      reportOf(fuzzCase, { kind: 'answer', answer: { ...answer, faults: ['a raw message'] } }, 300),
      reportOf(fuzzCase, { kind: 'answer', answer }, 300),
    ];
    expect(reports.map(({ faults }) => faults.length)).toEqual([1, 1, 1, 1, 0]);
    expect(table(countByKind(reports).slice(0, 1)).split('\n')).toEqual([
      'kind   cases  accepted  refused  unclear  crashes  hangs  blow-ups  peak MB',
      'image      5         0        3        1        1      1         1      400',
    ]);
  });
});
