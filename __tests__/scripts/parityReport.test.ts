import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { caseFolders } from '../../scripts/parity/caseFolders.js';
import { Report } from '../../scripts/parity/report.js';
import type { NamedTensors } from '../../src/base/plainData.js';

const tensors: NamedTensors = new Map([
  ['a', { dtype: 'float32', shape: [2], data: Float32Array.of(100, 1) }],
  ['b', { dtype: 'float32', shape: [2], data: Float32Array.of(1e-4, 0) }],
]);

describe('report', () => {
  test('the tolerance is ten times the natural rounding, and 1e-5 of the largest value, and 1e-6', () => {
    const report = new Report(tensors, { a: 1e-4 });
    const tolerance = 10 * 1e-4 + 1e-5 * 100 + 1e-6;
    report.tensor('q', 'a', [100, 1 + 0.5 * tolerance]);
    const { passed, largestToleranceUsed, quantities } = report.result('case');
    expect(passed).toBe(true);
    expect(largestToleranceUsed).toBeCloseTo(0.5, 3);
    expect(quantities.q).toMatchObject({
      tensor: 'a',
      relativeError: expect.closeTo((0.5 * tolerance) / 100, 8),
    });
  });

  test.each([
    ['a value over the tolerance', [100.1, 1]],
    ['a value that is not a number', [100, Number.NaN]],
    ['infinity', [Number.POSITIVE_INFINITY, 1]],
  ])('%s fails and is named', (_, got) => {
    const report = new Report(tensors, {});
    report.tensor('q', 'a', got);
    report.tensor('q', 'b', [1e-4, 0]);
    expect(report.result('case')).toMatchObject({ passed: false, failed: ['a'] });
    expect(report.result('case').quantities.q?.tensor).toBe('a');
  });

  test('what must be the same fails if it is not', () => {
    const report = new Report(tensors, {});
    report.exact('q', 'step', true);
    expect(report.result('case')).toMatchObject({ passed: true, compared: 1, largestToleranceUsed: 0 });
    report.exact('q', 'epoch', false);
    expect(report.result('case')).toMatchObject({ passed: false, compared: 2, failed: ['epoch'] });
  });

  test('values that should be zero are compared with zero', () => {
    const report = new Report(tensors, {});
    report.tensor('q', 'b', [0, 0], { zero: true });
    expect(report.result('case')).toMatchObject({ passed: true, largestToleranceUsed: 0 });
  });

  test('a missing tensor or another number of values is an error', () => {
    const report = new Report(tensors, {});
    expect(() => report.tensor('q', 'c', [1])).toThrow('c: expected a recorded tensor, got nothing');
    expect(() => report.tensor('q', 'a', [1])).toThrow('a: expected 2 values, got 1');
  });
});

test('a path without reference data is refused', () => {
  expect(() => caseFolders('/nowhere')).toThrow(
    '/nowhere: expected a folder with reference data, got nothing',
  );
  expect(() => caseFolders('__tests__/support')).toThrow(
    /expected folders with a reference[.]json.*, got none/,
  );
});

test('a folder is a case by its file, of any kind, and other folders are none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nvae-cases-'));
  try {
    for (const [name, file] of [
      ['b', 'expected.json'],
      ['a', 'reference.json'],
      ['c', 'evaluation.json'],
      ['damaged', 'index.json'],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, file), '{}');
    }
    const files = caseFolders(folder).map((found) => [basename(found.folder), found.kind.file]);
    expect(files).toEqual([
      ['a', 'reference.json'],
      ['b', 'expected.json'],
      ['c', 'evaluation.json'],
    ]);
    expect(caseFolders(join(folder, 'b')).map(({ kind }) => kind.file)).toEqual(['expected.json']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
