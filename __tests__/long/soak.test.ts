import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { lastValueFrom, toArray } from 'rxjs';
import { drawDataset, soakRun } from '../../scripts/soak/soakRun.js';
import { slopeOf, summarize, table } from '../../scripts/soak/summarize.js';
import { type SoakMetric, type SoakSample, takeSample } from '../../scripts/soak/takeSample.js';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';

test('60 steps with all side streams should leave every count as it was', async () => {
  await useEngine('native').catch(() => useEngine('cpu'));
  const { signal } = new AbortController();
  const folder = await mkdtemp(join(tmpdir(), 'nvae-soak-'));
  try {
    await drawDataset(join(folder, 'dataset'));
    const before = takeSample(0, signal);
    const samples = await lastValueFrom(soakRun({ folder, steps: 60, every: 6 }).pipe(toArray()));
    expect(samples.map(({ step }) => step)).toEqual(Array.from({ length: 10 }, (_, i) => 6 * (i + 1)));
    // How much memory is in use says nothing after so few steps.
    const counts = summarize(samples).filter(({ metric }) => !/^(heap|resident)/.test(metric));
    expect(counts.filter((row) => !row.flat)).toEqual([]);
    expect(counts.map(({ metric }) => metric)).toEqual(
      expect.arrayContaining(['tensors', 'tensorBytes', 'handles', 'listeners']),
    );
    const { tensors, poolBytes, listeners } = takeSample(60, signal);
    expect({ tensors, poolBytes, listeners }).toEqual({
      tensors: before.tensors,
      poolBytes: before.poolBytes,
      listeners: before.listeners,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);

test('takeSample should see what is left behind', async () => {
  await useEngine('native').catch(() => useEngine('cpu'));
  const { signal } = new AbortController();
  const handler = () => undefined;
  const before = takeSample(0, signal);
  const tensor = tf.zeros([16, 16]);
  // Many, since other handles of the process and its descriptors come and go.
  const timers = Array.from({ length: 100 }, () => setTimeout(handler, 60_000));
  const self = fileURLToPath(import.meta.url);
  const files = await Promise.all(Array.from({ length: 100 }, () => open(self)));
  signal.addEventListener('abort', handler);
  process.on('SIGUSR2', handler);
  const during = takeSample(0, signal);
  expect(during.tensors).toBe(before.tensors + 1);
  expect(during.tensorBytes).toBe(before.tensorBytes + 1024);
  expect(during.poolBytes).toBe(before.poolBytes && before.poolBytes + 1024);
  expect(during.handles).toBeGreaterThan(before.handles + 50);
  if (before.descriptors !== null) expect(during.descriptors).toBeGreaterThan(before.descriptors + 50);
  expect(during.listeners).toBe(before.listeners + 2);
  tensor.dispose();
  for (const timer of timers) clearTimeout(timer);
  await Promise.all(files.map((file) => file.close()));
  signal.removeEventListener('abort', handler);
  process.off('SIGUSR2', handler);
  const { tensors, handles, descriptors, listeners } = takeSample(0, signal);
  expect([tensors, listeners]).toEqual([before.tensors, before.listeners]);
  expect(handles).toBeLessThan(during.handles - 50);
  if (during.descriptors !== null) expect(descriptors).toBeLessThan(during.descriptors - 50);
});

describe('summarize', () => {
  const steady: Omit<SoakSample, 'step'> = {
    tensors: 500,
    tensorBytes: 3e5,
    poolBytes: 4e5,
    poolTotalBytes: 2e6,
    handles: 1,
    descriptors: 27,
    listeners: 15,
    heapBytes: 4e7,
    residentBytes: 2e8,
  };
  /** Samples every 100 steps, of which one metric grows. */
  const growing = (metric: SoakMetric, perStep: number): SoakSample[] =>
    Array.from({ length: 20 }, (_, i) => {
      const step = 100 * (i + 1);
      return { step, ...steady, [metric]: (steady[metric] ?? 0) + perStep * step };
    });
  const grown = (samples: SoakSample[]) =>
    summarize(samples)
      .filter(({ flat }) => !flat)
      .map(({ metric }) => metric);

  test.each<[SoakMetric, number]>([
    ['tensors', 0.001],
    ['tensorBytes', 4],
    ['poolBytes', 1],
    ['poolTotalBytes', 1],
    ['handles', 0.001],
    ['descriptors', 0.001],
    ['listeners', 0.001],
    ['heapBytes', 1100],
    ['residentBytes', 4400],
  ])('should find %s that grow', (metric, perStep) => {
    expect(grown(growing(metric, perStep))).toEqual([metric]);
    expect(table(summarize(growing(metric, perStep)))).toMatch(new RegExp(`^${metric} .* GROWS$`, 'm'));
  });

  test('should pass what is flat, what grows slowly, and what grew at the start only', () => {
    expect(grown(growing('tensors', 0))).toEqual([]);
    expect(grown(growing('heapBytes', 900))).toEqual([]);
    const settled = growing('tensors', 1).map((sample, i, all) => (i < 10 ? sample : all[9]!));
    expect(grown(settled.map((sample, i) => ({ ...sample, step: 100 * (i + 1) })))).toEqual([]);
  });

  test('should pass handles that come and go, also where the last one is there', () => {
    const passing = growing('handles', 0).map((sample, i) => ({ ...sample, handles: i % 4 === 3 ? 2 : 1 }));
    expect(grown(passing)).toEqual([]);
    expect(grown(passing.map((sample, i) => ({ ...sample, tensors: i % 4 === 3 ? 501 : 500 })))).toEqual([
      'tensors',
    ]);
  });

  test('should leave out what could not be measured, and refuse too few samples', () => {
    const samples = growing('tensors', 0).map((sample) => ({
      ...sample,
      descriptors: null,
      heapBytes: null,
    }));
    const metrics = summarize(samples).map(({ metric }) => metric);
    expect(metrics).not.toContain('descriptors');
    expect(metrics).not.toContain('heapBytes');
    expect(() => summarize(samples.slice(0, 3))).toThrow(/soak: expected at least 4 samples, got 3/);
  });

  test('slopeOf should give the slope of the least squares', () => {
    const line = [0, 1, 2, 3].map((x): [number, number] => [x, 3 * x - 1]);
    expect(slopeOf(line)).toBeCloseTo(3);
    expect(slopeOf([...line, [1.5, 100]])).toBeCloseTo(3);
  });
});
