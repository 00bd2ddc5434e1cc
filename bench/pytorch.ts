/**
 * Compares our training step and sampling with those of the PyTorch implementation, in turns on this machine.
 *
 *     npm run bench:pytorch -- --reference <checkout of mgp123/nvae> --python <Python with PyTorch 2 and PyYAML>
 *
 * First every way of running PyTorch is tried by itself: eager and `torch.compile`, contiguous and `channels_last`, float32 and
 * bfloat16. Then its fastest ones and ours, each in a process of its own that stays alive, take turns.
 */
import { Command } from 'commander';
import { messageOf } from '../src/base/errors.js';
import { inTurns } from './processes/inTurns.js';
import type { Work } from './processes/work.js';
import { workload } from './processes/workload.js';
import type { Figure } from './pytorch/figures.js';
import { bestOf, tryAll } from './pytorch/search.js';
import { startOf } from './pytorch/start.js';
import { type Comparison, table } from './pytorch/table.js';
import { type OurVariant, ourVariants, torchVariants, type Variant } from './pytorch/variants.js';

interface Options {
  readonly reference: string;
  readonly python: string;
  readonly config: readonly string[];
  readonly set: readonly string[];
  readonly batch: number;
  readonly threads: number;
  readonly rounds: number;
  readonly steps: number;
  readonly compileLimit: number;
  readonly avx2?: boolean;
  readonly json?: boolean;
}

const options = new Command('bench:pytorch')
  .requiredOption('--reference <folder>', 'checkout of mgp123/nvae')
  .option('--python <program>', 'Python with PyTorch and PyYAML', process.env.PYTHON ?? 'python3')
  .option('--config <name...>', 'configurations: names or paths', ['logistic_mixture10latent'])
  .option('--set <key=value...>', 'override keys of the configurations', [])
  .option('--batch <number>', 'images per step', Number, 8)
  .option('--threads <number>', 'threads of both', Number, 2)
  .option('--rounds <number>', 'turns of each', Number, 5)
  .option('--steps <number>', 'steps in a turn, and how often nine samples', Number, 2)
  .option('--compile-limit <seconds>', 'time that torch.compile may take; 0: do not compile', Number, 300)
  .option('--avx2', 'also compare both with AVX2')
  .option('--json', 'print one JSON object')
  .parse()
  .opts<Options>();

async function compare(config: string, simd: Variant['simd']): Promise<Comparison> {
  const { batch, threads, compileLimit } = options;
  await using work = await workload(config, options.set, batch);
  const start = startOf(work, options);
  const tried = await tryAll(start, torchVariants({ threads, simd }, compileLimit > 0), compileLimit);
  const ours = ourVariants({ threads, simd });
  const plain = ours.filter((variant) => !variant.tensorCheckpoints && variant.threads === threads);
  const measure = async (what: Work, some: readonly OurVariant[]): Promise<Figure[]> => {
    const variants = [...some, ...bestOf(tried, what)];
    const needed = await inTurns(variants, start, what, { ...options, warmup: 3 });
    return needed.map((figures, i) => ({ variant: variants[i]!, ...figures }));
  };
  const [step, sample] = [await measure('step', ours), await measure('sample', plain)];
  return { config, batch, tried, step, sample };
}

try {
  const comparisons: Comparison[] = [];
  for (const config of options.config) {
    for (const simd of options.avx2 ? ([null, 'avx2'] as const) : [null]) {
      comparisons.push(await compare(config, simd));
    }
  }
  if (options.json) console.log(JSON.stringify({ comparisons }));
  else console.log(comparisons.map(table).join('\n\n'));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
