import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { caseFolders } from '../../scripts/parity/case.js';
import { joinedCopy, referenceFolder } from '../../scripts/parity/referenceFolder.js';
import { compareFolder } from '../../scripts/parity/run.js';
import { testEngine, useTestEngine } from '../support/engine.js';

const folders = caseFolders(referenceFolder());
/** All that there is takes minutes elsewhere, where `npm run parity` compares it. */
const onNative = testEngine === 'native' ? describe : describe.skip;

useTestEngine();

onNative('numbers of the PyTorch implementation', () => {
  test.each(folders.map((folder) => [basename(folder), folder]))('%s', async (_, folder) => {
    const report = await compareFolder(folder);
    expect(report.failed).toEqual([]);
    // Rounding alone stays well inside the tolerance.
    expect(report.largestToleranceUsed).toBeLessThan(1 / 2);
    expect(Object.keys(report.quantities).length).toBeGreaterThan(5);
  });
});

test('the small copy kept here should be whole, and be what the engine computes', async () => {
  const cases = caseFolders(joinedCopy());
  expect(cases).toHaveLength(2);
  for (const folder of cases) expect((await compareFolder(folder)).failed).toEqual([]);
});
