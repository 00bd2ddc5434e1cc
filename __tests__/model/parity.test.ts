import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { caseFolders } from '../../scripts/parity/case.js';
import { compareFolder } from '../../scripts/parity/run.js';
import { useTestEngine } from '../support/engine.js';

// A small copy, for where the whole data is not at hand.
const shared = '../shared/reference';
const folders = caseFolders(existsSync(shared) ? shared : '__tests__/fixtures/reference');

useTestEngine();

describe('numbers of the PyTorch implementation', () => {
  test.each(folders.map((folder) => [basename(folder), folder]))('%s', async (_, folder) => {
    const report = await compareFolder(folder);
    expect(report.failed).toEqual([]);
    // Rounding alone stays well inside the tolerance.
    expect(report.largestToleranceUsed).toBeLessThan(1 / 2);
    expect(Object.keys(report.quantities).length).toBeGreaterThan(5);
  });
});
