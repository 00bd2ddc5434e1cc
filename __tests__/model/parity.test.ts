import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { caseFolders } from '../../scripts/parity/case.js';
import { compareFolder } from '../../scripts/parity/run.js';
import { useTestEngine } from '../support/engine.js';

const folders = caseFolders('__tests__/fixtures/reference');

useTestEngine();

describe('numbers of the PyTorch implementation', () => {
  test.each(folders.map((folder) => [basename(folder), folder]))('%s', async (_, folder) => {
    const report = await compareFolder(folder);
    expect(report.failed).toEqual([]);
    // An independent float32 implementation stays well inside: a third of the tolerance at most.
    expect(report.largestToleranceUsed).toBeLessThan(1 / 3);
    expect(Object.keys(report.quantities).length).toBeGreaterThan(5);
  });
});
