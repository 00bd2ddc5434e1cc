/** What tells one dataset from another, as a short text that a checkpoint can hold. */
import { createHash } from 'node:crypto';
import type { ImageFile } from './imageFile.js';
import { pathOf } from './imagePixels.js';
import { readStart } from './readImageFile.js';

/** Files of which the content counts, from all over the list; reading all would take as long as an epoch. */
const samples = 16;
const sampledBytes = 2 ** 16;
const unknown = '-';

/** How a dataset differs from one before. */
export interface DatasetChange {
  /** `60 images then, 20 now`, or what else has changed. */
  readonly words: string;
  /** Whether the order of an epoch is another. */
  readonly order: boolean;
}

/**
 * `order/count/sizes/content`: digests of the names, the number of files, digests of their sizes and of what some of them
 * hold. Times do not count: copies have others.
 */
export async function datasetIdentity(files: readonly ImageFile[]): Promise<string> {
  const sizes = digest(files.map(({ bytes }) => `${bytes}\n`));
  return [orderOf(files), files.length, sizes, await contentOf(files)].join('/');
}

/** The number of files; null where the identity is of a version that did not say. */
export function imagesOf(identity: string): number | null {
  const [, count] = identity.split('/');
  return count === undefined ? null : Number(count);
}

/** Null where it is the same, as far as can be told. */
export function datasetChange(before: string, now: string): DatasetChange | null {
  const [orderBefore, countBefore = unknown, sizesBefore = unknown, contentBefore = unknown] =
    before.split('/');
  const [orderNow, countNow = unknown, sizesNow = unknown, contentNow = unknown] = now.split('/');
  const differ = (a: string, b: string) => a !== b && a !== unknown && b !== unknown;
  const order = orderBefore !== orderNow;
  if (differ(countBefore, countNow)) return { order, words: `${countBefore} images then, ${countNow} now` };
  if (order) return { order, words: 'images of other names' };
  if (differ(sizesBefore, sizesNow) || differ(contentBefore, contentNow)) {
    return { order, words: 'the same names, but other content' };
  }
  return null;
}

/** Changes where the order of an epoch would. */
function orderOf(files: readonly ImageFile[]): string {
  return digest(files.map(({ name }) => `${name}\n`));
}

async function contentOf(files: readonly ImageFile[]): Promise<string> {
  const step = Math.max(1, Math.floor(files.length / samples));
  const some = files.filter((_, i) => i % step === 0).slice(0, samples);
  try {
    return digest(await Promise.all(some.map((file) => readStart(pathOf(file), sampledBytes))));
  } catch {
    return unknown; // it may be readable the next time
  }
}

function digest(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
}
