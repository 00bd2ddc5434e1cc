/** One image that a command is given: a file, or an image inside a file of many. */
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { messageOf } from '../../base/errors.js';
import type { NamedImages } from '../../base/plainData.js';
import type { Dataset, DatasetItem } from '../../data/dataset.js';
import { formOf } from '../../data/datasetAt.js';
import type { ImageFile } from '../../data/imageFile.js';
import { imageFiles } from '../../data/imageFiles.js';
import { decodedPixels } from '../../data/itemPixels.js';
import { itemsOf } from '../../data/itemsOf.js';
import { listItems } from '../../data/listItems.js';
import type { ImagesFor } from '../../streams/images/decodingFor.js';

/**
 * Reads an image in the size and colours of a model. The path of a file of many images is followed by the name of one:
 * `photos.zip/cats/1.jpg`, `mnist.npz/x_train/00007`.
 *
 * @returns the image, named as in its folder or file
 * @throws Error that names the path
 */
export async function readOneImage(path: string, { config, imageFit: fit }: ImagesFor): Promise<NamedImages> {
  const { inputDimension: size, imageChannels: channels } = config;
  const many = await placeIn(path);
  try {
    const { dataset, item } = many ? await itemIn(many) : fileAt(path);
    const pixels = await decodedPixels(dataset, item, { size, channels, fit });
    return { pixels, shape: [1, size, size, channels], names: [item.name] };
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

interface Found {
  readonly dataset: Pick<Dataset, 'name' | 'decode'>;
  readonly item: DatasetItem;
}

function fileAt(path: string): Found {
  const file: ImageFile = { path, name: basename(path), version: '', bytes: 0, modified: 0 };
  return { dataset: { name: path, ...imageFiles() }, item: file };
}

async function itemIn({ dataset, name }: Place): Promise<Found> {
  const { signal } = new AbortController();
  const items = await listItems(dataset, { signal, onWarning: () => undefined });
  let first: DatasetItem | undefined;
  for (const item of itemsOf(items)) {
    if (item.name === name) return { dataset, item };
    first ??= item;
  }
  const example = `${dataset.name}/${first?.name}`;
  const problem = name === '' ? 'it holds many images' : `${dataset.name} has no image "${name}"`;
  throw new Error(`${problem}; name one, such as ${example}`);
}
