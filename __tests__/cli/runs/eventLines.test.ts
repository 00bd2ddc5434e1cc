import { expect, test } from '@jest/globals';
import { createEventLines } from '../../../src/cli/runs/eventLines.js';
import { newRun, withEvent } from '../../../src/ui/dashboard/runView.js';
import { startedEvent } from '../../support/events.js';

test.each([
  [{ initFrom: 'a.model' }, ', starting from the weights of a.model'],
  [{ initFrom: null }, 'images in batches of 1'],
  [{ resumed: { epoch: 0, batchInEpoch: 2, step: 2, imagesSeen: 2 } }, ', resumed after step 2'],
])('the first line should end by what the run starts from: %j', (changes, end) => {
  const line = createEventLines(() => 0)(startedEvent(changes));
  expect(line?.endsWith(end)).toBe(true);
});

test('the log of the dashboard should say where the weights come from', () => {
  const { log } = withEvent(newRun, startedEvent({ initFrom: 'a.model' }));
  expect(log.at(-1)?.text).toBe('started small in process 1, starting from the weights of a.model');
});

test('a first event of an earlier version, without that, should be read', () => {
  const { initFrom, ...earlier } = startedEvent();
  expect(createEventLines(() => 0)(earlier as ReturnType<typeof startedEvent>)).toMatch(/batches of 1$/);
});
