import { expect, test } from '@jest/globals';
import { runFacts } from '../../../src/ui/dashboard/runFacts.js';
import { newRun, withEvent } from '../../../src/ui/dashboard/runView.js';
import { smallConfig } from '../../support/checkpoints.js';
import { startedEvent } from '../../support/events.js';

const modelFact = (training: readonly string[]) => {
  const started = { ...startedEvent({ config: smallConfig(training) }), time: 0 };
  return runFacts(withEvent(newRun, started), 1000).find(({ name }) => name === 'model')?.text;
};

test('should say that the weights are averaged, and nothing if they are not', () => {
  expect(modelFact([])).toBe('1,000 parameters');
  expect(modelFact(['ema_decay=0.999'])).toBe('1,000 parameters · ema 0.999');
});
