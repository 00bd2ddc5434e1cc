/** A latents file and its images by their number. */
import { cut, describeValue, printable } from '../../base/messageText.js';
import type { Encoding, LatentValues } from '../../base/plainData.js';
import { CheckpointError } from '../checkpointError.js';
import { fill, headerFrom } from '../safetensorsFrom.js';
import type { SafetensorsHeader } from '../safetensorsHeader.js';
import { withFile } from '../withFile.js';
import { isLatentName, latentName, ownKeys } from './latentsLayout.js';

/** The latents of one group in the file. */
interface StoredGroup {
  readonly dtype: 'F32' | 'F64';
  /** [height, width, channels] */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Position of its first byte. */
  readonly position: number;
}

/** What a header says of a file; its values are read by `latentsBetween`. */
export interface LatentsFile {
  readonly path: string;
  /** Number of bytes. */
  readonly size: number;
  /** Number of images. */
  readonly images: number;
  /** Names of the images; null if the file has none. */
  readonly names: readonly string[] | null;
  /** Per latent group, level 0 first. */
  readonly groups: readonly StoredGroup[];
}

const remedy = 'write such a file with nvae encode';

/**
 * Reads the header of a latents file, whatever its size.
 * @throws CheckpointError when the file is missing, damaged, or has no latents of this layout
 */
export function openLatents(path: string): Promise<LatentsFile> {
  return withFile(path, async (source) => {
    const { header, dataStart } = await headerFrom(source, path);
    const groups = groupsOf(path, header, dataStart);
    const [images = 0] = header.tensors.get(latentName(0))?.shape ?? [];
    if (images === 0) throw new CheckpointError(path, `has latents of no image; ${remedy}`);
    const names = namesOf(path, header.metadata.get(ownKeys.names), images);
    return { path, size: source.size, images, names, groups };
  });
}

/**
 * Checks that the latents of a file are those of a model.
 * @param shapes [height, width, channels] per latent group of the model
 * @param model names the model in the message
 * @throws CheckpointError that names the first tensor that does not fit
 */
export function checkLatentsFile(
  { path, images, groups }: LatentsFile,
  shapes: readonly (readonly number[])[],
  model: string,
): void {
  const count = Math.max(groups.length, shapes.length);
  for (let group = 0; group < count; group += 1) {
    const [expected, got] = [shapes[group], groups[group]?.shape];
    if (expected?.join() === got?.join()) continue;
    const whole = (shape: readonly number[] | undefined) => (shape ? `[${[images, ...shape]}]` : 'none');
    const problem = `"${latentName(group)}": expected ${whole(expected)} for ${model}, got ${whole(got)}`;
    throw new CheckpointError(path, `${problem}; use the model that encoded them`);
  }
}

/**
 * Reads the images from `begin` to `end` (not included), and nothing else of the file.
 * @throws CheckpointError when the file has changed since it was opened, or a value is not finite
 */
export function latentsBetween(file: LatentsFile, begin: number, end: number): Promise<Encoding> {
  const { path, size, groups } = file;
  return withFile(path, async (source) => {
    if (source.size !== size) throw new CheckpointError(path, 'was changed while it was read; start again');
    const names = Array.from({ length: end - begin }, (_, i) => imageName(file, begin + i));
    const latents: LatentValues[] = [];
    for (const [group, { dtype, shape, position }] of groups.entries()) {
      const perImage = shape.reduce((product, length) => product * length, dtype === 'F32' ? 4 : 8);
      const bytes = new Uint8Array((end - begin) * perImage);
      await fill(source, path, bytes, position + begin * perImage);
      const data =
        dtype === 'F32' ? new Float32Array(bytes.buffer) : Float32Array.from(new Float64Array(bytes.buffer));
      checkFinite(path, names, group, data);
      latents.push({ dtype: 'float32', shape: [names.length, ...shape], data });
    }
    return { names, latents };
  });
}

/** The name of an image; if the file has no names, its number from 0, with leading zeros so that names sort. */
function imageName({ names, images }: LatentsFile, image: number): string {
  return names?.[image] ?? String(image).padStart(String(images - 1).length, '0');
}

function groupsOf(path: string, { tensors }: SafetensorsHeader, dataStart: number): StoredGroup[] {
  const count = [...tensors.keys()].filter(isLatentName).length;
  if (count === 0) throw new CheckpointError(path, `has no tensor "${latentName(0)}"; ${remedy}`);
  const [images] = tensors.get(latentName(0))?.shape ?? [];
  return Array.from({ length: count }, (_, group): StoredGroup => {
    const name = latentName(group);
    const entry = tensors.get(name);
    if (!entry) {
      const other = [...tensors.keys()].filter(isLatentName).at(-1);
      const problem = `has no tensor "${name}", but ${describeValue(other)}`;
      throw new CheckpointError(
        path,
        `${problem}; the latent groups are ${latentName(0)}, ${latentName(1)}, ...`,
      );
    }
    const { dtype, shape, begin } = entry;
    if (dtype !== 'F32' && dtype !== 'F64') {
      const problem = `"${name}": expected 32- or 64-bit floats (F32, F64), got ${dtype}`;
      throw new CheckpointError(path, `${problem}; convert it, in Python with .astype("float32")`);
    }
    const [first, height, width, channels, ...more] = shape;
    if (height === undefined || width === undefined || channels === undefined || more.length > 0) {
      const expected = 'expected [images, height, width, channels]';
      throw new CheckpointError(path, `"${name}": ${expected}, got ${describeValue(shape)}`);
    }
    if (first !== images) {
      const expected = `expected ${images} images as in "${latentName(0)}"`;
      throw new CheckpointError(path, `"${name}": ${expected}, got ${first} (${describeValue(shape)})`);
    }
    return { dtype, shape: [height, width, channels], position: dataStart + begin };
  });
}

/** @throws CheckpointError when the entry is not a list of one name per image */
function namesOf(path: string, entry: string | undefined, images: number): readonly string[] | null {
  if (entry === undefined) return null;
  const correct = 'correct it, or remove it to number the images';
  const names = parsed(entry);
  if (!Array.isArray(names) || !names.every((name): name is string => typeof name === 'string')) {
    const problem = `"${ownKeys.names}" in its metadata: expected a list of names in JSON`;
    throw new CheckpointError(path, `${problem}, got ${describeValue(entry)}; ${correct}`);
  }
  if (names.length !== images) {
    const problem = `"${ownKeys.names}" in its metadata: expected ${images} names, one per image`;
    throw new CheckpointError(path, `${problem}, got ${names.length}; ${correct}`);
  }
  return names;
}

function parsed(entry: string): unknown {
  try {
    return JSON.parse(entry);
  } catch {
    return null;
  }
}

function checkFinite(path: string, names: readonly string[], group: number, data: Float32Array): void {
  const perImage = data.length / names.length;
  for (let i = 0; i < data.length; i += 1) {
    if (Number.isFinite(data[i])) continue;
    const image = cut(printable(names[Math.floor(i / perImage)] ?? ''));
    const problem = `contains a non-finite value: ${data[i]} in "${latentName(group)}" of image "${image}"`;
    throw new CheckpointError(path, `${problem}; correct what wrote it`);
  }
}
