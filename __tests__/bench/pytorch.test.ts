import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { answer } from '../../bench/processes/serve.js';
import { startWorker } from '../../bench/processes/worker.js';
import { type Figure, opponentOf, ownRatios, ratioOf, spreadOf } from '../../bench/pytorch/figures.js';
import { bestOf, type Tried, textOf } from '../../bench/pytorch/search.js';
import { rowsOf } from '../../bench/pytorch/table.js';
import { nameOf, type OurVariant, ourVariants, torchVariants } from '../../bench/pytorch/variants.js';

const choice = { threads: 2, simd: null };
const [float32, half, , alone] = ourVariants(choice) as [OurVariant, OurVariant, OurVariant, OurVariant];
const torch = torchVariants(choice, true);

function figure(variant: Figure['variant'], ...seconds: number[]): Figure {
  return { variant, seconds, peakBytes: 1.5e9, value: 1 };
}

const fullSlow = figure(torch[0]!, 4, 5, 6);
const fullFast = figure(torch[1]!, 2, 9, 10);
const bfloat16 = figure(torch[2]!, 1, 1, 1);

describe('bench:pytorch', () => {
  test('should name each variant differently', () => {
    const all = [null, 'avx2' as const].flatMap((simd) => [
      ...ourVariants({ threads: 2, simd }).filter((variant) => variant.simd === simd),
      ...torchVariants({ threads: 2, simd }, true),
    ]);
    expect(new Set(all.map(nameOf)).size).toBe(all.length);
    expect(nameOf(alone)).toBe('rx-nvae: float32, 1 thread');
    expect(nameOf(torch.at(-1)!)).toBe('PyTorch: bfloat16, compiled, channels_last');
    expect(torchVariants(choice, false).some(({ compiled }) => compiled)).toBe(false);
    expect(ourVariants({ threads: 1, simd: null }).map(({ threads }) => threads)).toEqual([1, 1, 1]);
  });

  test('should compute ratios of minima and of medians', () => {
    expect(spreadOf({ seconds: [3, 1, 2, 8] })).toEqual({ min: 1, median: 2.5 });
    expect(ratioOf(figure(float32, 1, 2, 3), fullSlow)).toEqual({ min: 0.25, median: 0.4 });
  });

  test('should compare float32 with the best of PyTorch in float32, half precision with the best of all', () => {
    const all = [figure(float32, 1), fullSlow, fullFast, bfloat16];
    expect(opponentOf(figure(float32, 1), all)).toBe(fullFast);
    expect(opponentOf(figure(half, 1), all)).toBe(bfloat16);
    expect(opponentOf(figure(half, 1), [fullSlow, fullFast])).toBe(fullFast);
    expect(opponentOf(figure(alone, 1), all)).toBeUndefined();
    expect(opponentOf(figure({ ...float32, simd: 'avx2' }, 1), all)).toBeUndefined();
  });

  test('should compare our own variants with each other', () => {
    expect(ownRatios([figure(float32, 2), figure(half, 1), figure(alone, 3)])).toEqual([
      { name: 'half_precision / float32', ratio: { min: 0.5, median: 0.5 } },
      { name: '1 thread / 2 threads', ratio: { min: 1.5, median: 1.5 } },
    ]);
    const avx2 = ourVariants({ threads: 2, simd: 'avx2' }).map((variant, i) => figure(variant, 4 / (i + 1)));
    expect(ownRatios(avx2).map(({ name, ratio }) => [name, ratio.min])).toEqual([
      ['half_precision / float32', 0.5],
      ['avx2 / the best instruction set', 3],
    ]);
    expect(ownRatios([fullFast])).toEqual([]);
  });

  test('should choose the fastest variant in each precision, and pass over what failed', () => {
    const tried: Tried[] = [
      { variant: torch[0]!, step: [3, 4], sample: [1] },
      { variant: torch[1]!, step: [2, 9], sample: [2] },
      { variant: torch[2]!, failed: 'gave up after 300 s' },
      { variant: torch[3]!, step: [5], failed: 'out of memory' },
    ];
    expect(bestOf(tried, 'step')).toEqual([torch[1], torch[3]]);
    expect(bestOf(tried, 'sample')).toEqual([torch[0]]);
    expect(textOf(tried[1]!)).toBe(
      'PyTorch: float32, eager, channels_last: step 2.000 s, nine samples 2.000 s',
    );
    expect(textOf(tried[3]!)).toBe(
      'PyTorch: bfloat16, eager, channels_last: step 5.000 s, failed: out of memory',
    );
  });

  test('should print a row for each figure, with ratios only for ours', () => {
    const [head, ours, theirs, own] = rowsOf('step', [figure(float32, 1), fullFast, figure(half, 0.5)]);
    expect(head).toMatch(/^step +min +median/);
    expect(ours).toMatch(/^rx-nvae: float32 +1\.000 +1\.000 +0\.500 +0\.111 +1\.50 GB$/);
    expect(theirs).toMatch(/^PyTorch: float32, eager, channels_last +2\.000 +9\.000 +1\.50 GB$/);
    expect(own).toMatch(/^rx-nvae: half_precision +0\.500/);
  });
});

describe('the lines between the processes', () => {
  const handlers = {
    add: ({ a, b }: { a: number; b: number }) => a + b,
    fail: () => Promise.reject(new Error('no memory')),
  };

  test('should be answered with a result or an error', async () => {
    expect(await answer('{"do":"add","a":1,"b":2}', handlers)).toEqual({ result: 3 });
    expect(await answer('{"do":"fail"}', handlers)).toEqual({ error: 'no memory' });
    expect(await answer('{"do":"other"}', handlers)).toEqual({ error: 'there is no request "other"' });
    expect(await answer('nonsense', handlers)).toHaveProperty('error');
  });

  const hasPython = spawnSync('python3', ['--version']).status === 0;
  (hasPython ? test : test.skip)('should be answered by Python, whatever else it prints', async () => {
    const folder = fileURLToPath(new URL('../../bench/processes', import.meta.url));
    const program = [
      'import protocol',
      'def add(a, b):',
      '    print("not an answer")',
      '    return a + b',
      'protocol.serve({"add": add, "divide": lambda a, b: a / b})',
    ].join('\n');
    await using worker = startWorker('python3', ['-c', program], {
      PYTHONPATH: folder,
      PYTHONDONTWRITEBYTECODE: '1',
    });
    expect(await worker.ask('add', { a: 1, b: 2 })).toBe(3);
    await expect(worker.ask('divide', { a: 1, b: 0 })).rejects.toThrow('ZeroDivisionError: division by zero');
    await expect(worker.ask('other')).rejects.toThrow("KeyError: 'other'");
    expect(await worker.ask('add', { a: 3, b: 4 })).toBe(7);
  });

  test('should end with a reason when the process ends or does not answer', async () => {
    await using ending = startWorker(process.execPath, ['-e', 'console.error("too bad"); process.exit(3)']);
    await expect(ending.ask('step')).rejects.toThrow(/ended: too bad/);
    await using silent = startWorker(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await expect(silent.ask('step', {}, 0.05)).rejects.toThrow('gave up after 0.05 s');
    await using missing = startWorker('no-such-program', []);
    await expect(missing.ask('step')).rejects.toThrow(/no-such-program ended: .*ENOENT/);
  });
});
