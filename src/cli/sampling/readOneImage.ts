/** One image that a command is given: a file, or an image inside a file of many. */
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { messageOf } from '../../base/errors.js';
import type { NamedImages } from '../../base/plainData.js';
import type { ModelConfig } from '../../config/types.js';
import type { Dataset, DatasetItem } from '../../data/dataset.js';
import { formOf } from '../../data/datasetAt.js';
import { decodeImage } from '../../data/decodeImage.js';
import { itemsOf } from '../../data/itemsOf.js';
import { listItems } from '../../data/listItems.js';
import { withChannels } from '../../data/withChannels.js';

/**
 * Reads an image in the size and colours of a model. The path of a file of many images is followed by the name of one:
 * `photos.zip/cats/1.jpg`, `mnist.npz/x_train/00007`.
 *
 * @returns the image, named as in its folder or file
 * @throws Error that names the path
 */
export async function readOneImage(
  path: string,
  { inputDimension: size, imageChannels: channels }: ModelConfig,
): Promise<NamedImages> {
  const named = (name: string, pixels: Uint8Array): NamedImages => ({
    pixels: withChannels(pixels, size, channels),
    shape: [1, size, size, channels],
    names: [name],
  });
  const many = await placeIn(path);
  try {
    if (many === null) return named(basename(path), await decodeImage(path, size));
    return named(many.name, await pixelsIn(many, size));
  } catch (error) {
    const [reason] = messageOf(error).split('\n');
    throw new Error(`${path}: not a readable image: ${reason}`, { cause: error });
  } finally {
    await many?.dataset.close?.();
  }
}

interface Place {
  readonly dataset: Dataset;
  /** Empty if only the dataset was given. */
  readonly name: string;
}

/** The dataset that begins the path; null if the path is that of an image. */
async function placeIn(path: string): Promise<Place | null> {
  for (let begin = path; ; begin = dirname(begin)) {
    const form = await formOf(begin);
    if (form) return { dataset: form.open(begin, {}), name: path.slice(begin.length).replace(/^[\\/]+/, '') };
    const isThere = (await stat(begin).catch(() => null)) !== null;
    if (isThere || begin === dirname(begin)) return null;
  }
}

async function pixelsIn({ dataset, name }: Place, size: number): Promise<Uint8Array> {
  const { signal } = new AbortController();
  const items = await listItems(dataset, { signal, onWarning: () => undefined });
  let first: DatasetItem | undefined;
  for (const item of itemsOf(items)) {
    if (item.name === name) return dataset.decode(item, size, signal);
    first ??= item;
  }
  const example = `${dataset.name}/${first?.name}`;
  const problem = name === '' ? 'it holds many images' : `${dataset.name} has no image "${name}"`;
  throw new Error(`${problem}; name one, such as ${example}`);
}
