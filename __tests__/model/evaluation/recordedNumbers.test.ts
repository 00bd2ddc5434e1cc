/** Numbers of the PyTorch implementation. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { compareEvaluation } from '../../../scripts/parity/evaluationCase.js';
import { compareLikelihoods } from '../../../scripts/parity/likelihoodsCase.js';
import { testEngine, useTestEngine } from '../../support/engine.js';

useTestEngine();

const recorded = fileURLToPath(new URL('../../fixtures/evaluation', import.meta.url));
// Rounding alone stays well inside the tolerance.
const mostUsed = testEngine === 'native' ? 1 / 4 : 1;

test.each(['logistic', 'flows_free', 'flows_fixed'])(
  'every number per draw and image should be within its tolerance: %s',
  async (name) => {
    const report = (await compareEvaluation(join(recorded, name))).result(name);
    expect(report.failed).toEqual([]);
    expect(report.compared).toBeGreaterThanOrEqual(16);
    expect(report.largestToleranceUsed).toBeLessThan(mostUsed);
  },
);

test('the probabilities of all values should be within their tolerance, from wide components to the sharpest', async () => {
  const report = (await compareLikelihoods(join(recorded, 'likelihoods'))).result('likelihoods');
  expect(report).toMatchObject({ failed: [], compared: 6 });
  expect(report.largestToleranceUsed).toBeLessThan(mostUsed);
});
