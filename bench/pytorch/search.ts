/** Finds the fastest ways of running PyTorch. */
import { messageOf } from '../../src/base/errors.js';
import { type Work, work } from '../processes/work.js';
import { type Figure, fastest, spreadOf } from './figures.js';
import type { Start } from './start.js';
import { nameOf, type TorchVariant } from './variants.js';

/** How a variant did, alone on the machine. */
export interface Tried {
  readonly variant: TorchVariant;
  readonly step?: readonly number[];
  readonly sample?: readonly number[];
  /** Why there are no figures, or only some. */
  readonly failed?: string;
}

const [warmup, measured] = [3, 3];

/**
 * Tries each variant by itself.
 * @param compileLimit seconds that the first steps may take, and the first samples, if `torch.compile` works in them
 * @throws Error when none of them makes a step
 */
export async function tryAll(
  start: Start,
  variants: readonly TorchVariant[],
  compileLimit: number,
): Promise<Tried[]> {
  const all: Tried[] = [];
  for (const variant of variants) {
    const tried = await tryOne(start, variant, compileLimit);
    process.stderr.write(`${textOf(tried)}\n`);
    all.push(tried);
  }
  if (all.every(({ step }) => !step)) throw new Error(`no way of running PyTorch works: ${all[0]?.failed}`);
  return all;
}

async function tryOne(start: Start, variant: TorchVariant, compileLimit: number): Promise<Tried> {
  const times: Partial<Record<Work, readonly number[]>> = {};
  try {
    await using worker = await start(variant);
    for (const what of ['step', 'sample'] as const) {
      await work(worker, what, warmup, variant.compiled ? compileLimit : undefined);
      times[what] = (await work(worker, what, measured)).seconds;
    }
    return { variant, ...times };
  } catch (error) {
    return { variant, ...times, failed: messageOf(error) };
  }
}

/** The fastest variant in each precision. */
export function bestOf(tried: readonly Tried[], what: Work): TorchVariant[] {
  return [false, true].flatMap((half) => {
    const candidates = tried.flatMap((one) => {
      const seconds = one[what];
      return seconds && one.variant.half === half ? [{ variant: one.variant, seconds }] : [];
    });
    return fastest<Pick<Figure, 'seconds'> & { variant: TorchVariant }>(candidates)?.variant ?? [];
  });
}

/** One line about a variant. */
export function textOf({ variant, step, sample, failed }: Tried): string {
  const time = (name: string, seconds?: readonly number[]) =>
    seconds ? `${name} ${spreadOf({ seconds }).min.toFixed(3)} s` : null;
  const words = [time('step', step), time('nine samples', sample), failed && `failed: ${failed}`];
  return `${nameOf(variant)}: ${words.filter(Boolean).join(', ')}`;
}
