/** Two of the recorded cases, which this repository holds; `npm run parity -- <folder>` compares others. */
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { caseFolders } from '../../scripts/parity/caseFolders.js';
import { referenceCopy } from '../../scripts/parity/referenceCopy.js';
import { testEngine, useTestEngine } from '../support/engine.js';

const copy = referenceCopy();
const folders = caseFolders(copy).map(({ folder, kind }) => [basename(folder), folder, kind] as const);
afterAll(() => rmSync(copy, { recursive: true }));

useTestEngine();

test('the cases should be whole', () => {
  expect(folders.map(([name]) => name)).toEqual(['distributions', 'flows_free']);
});

test.each(folders)('numbers of the PyTorch implementation: %s', async (_, folder, kind) => {
  let reports = 0;
  for await (const report of kind.compare(folder)) {
    reports += 1;
    expect(report.failed).toEqual([]);
    expect(Object.keys(report.quantities).length).toBeGreaterThan(5);
    // Rounding alone stays well inside the tolerance.
    if (testEngine === 'native') expect(report.largestToleranceUsed).toBeLessThan(1 / 2);
  }
  expect(reports).toBe(1);
});
