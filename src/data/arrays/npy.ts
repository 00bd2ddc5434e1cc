/** Arrays of NumPy: one in a .npy file, or several in a .npz archive. */
import { basename, dirname } from 'node:path';
import { type ZipEntry, zipEntries, zipSource, zipStart } from '../archives/zipEntries.js';
import { type ByteSource, fileSource } from '../bytes/byteSource.js';
import { openBytes } from '../bytes/openBytes.js';
import type { DataForm, FoundPath } from '../dataForm.js';
import type { Dataset } from '../dataset.js';
import { type ArrayFile, arrayDataset, arrayIn } from './arrayDataset.js';
import { type ArrayLayout, type SampleType, sampleTypes } from './arrayLayout.js';

const magic = '\x93NUMPY';
/** Longer ones describe records of many fields. */
const longestHeader = 2 ** 16;

/** `.npy` files, also compressed with gzip. */
export const npyForm: DataForm = {
  accepts: ({ start }) => start.toString('latin1', 0, 6) === magic,
  open: (path) => arrayDataset(path, async () => arrayIn(await openBytes(path), npyLayout)),
};

/** `.npz` archives, and an array in one: `digits.npz` or `digits.npz/x_train`. */
export const npzForm: DataForm = {
  accepts: (found) => isArchive(found) || isMember(found),
  open: (path) => (path.endsWith('.npz') ? npzDataset(path) : npzDataset(dirname(path), basename(path))),
};

function isArchive({ path, start }: FoundPath): boolean {
  return path.endsWith('.npz') && start.toString('latin1', 0, 2) === 'PK';
}

function isMember({ path, isMissing }: FoundPath): boolean {
  return isMissing && dirname(path).endsWith('.npz');
}

function npzDataset(path: string, name?: string): Dataset {
  return arrayDataset(path, () => openMember(path, name), name === undefined ? path : `${path}/${name}`);
}

/**
 * The array of a name, or the only one of images.
 * @throws Error that lists the arrays
 */
async function openMember(path: string, name: string | undefined): Promise<ArrayFile> {
  const archive = await fileSource(path);
  const arrays = new Map<string, ZipEntry>();
  for await (const entry of zipEntries(archive)) {
    if (entry.name.endsWith('.npy')) arrays.set(entry.name.slice(0, -'.npy'.length), entry);
  }
  const names = [...arrays.keys()].join(', ');
  const wanted = name ?? (await onlyArray(archive, path, arrays));
  const entry = arrays.get(wanted);
  if (!entry) throw new Error(`there is no array of this name; there are ${names}`);
  return arrayIn(await zipSource(archive, entry), npyLayout);
}

/** The name of the one array of images. @throws Error when there is none, or several */
async function onlyArray(
  archive: ByteSource,
  path: string,
  arrays: ReadonlyMap<string, ZipEntry>,
): Promise<string> {
  const found: string[] = [];
  for (const [name, entry] of arrays) {
    const start = await zipStart(archive, entry, longestHeader);
    if (isOfImages(start)) found.push(name);
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length === 0) {
    throw new Error(`none of its arrays (${[...arrays.keys()].join(', ')}) is of images: ${expectation}`);
  }
  const paths = found.map((name) => `${path}/${name}`).join(', ');
  throw new Error(`several of its arrays are of images; give one of them: ${paths}`);
}

function isOfImages(start: Buffer): boolean {
  try {
    layoutOf(start);
    return true;
  } catch {
    return false; // labels, or something else
  }
}

const expectation =
  'expected shape [n, height, width], [n, height, width, 1 or 3] or [n, 1 or 3, height, width] of uint8, uint16, bool or float';

async function npyLayout(bytes: ByteSource): Promise<ArrayLayout> {
  return layoutOf(await bytes.read(0, longestHeader));
}

/** @throws Error for an array that is not of images, with what was expected */
function layoutOf(start: Buffer): ArrayLayout {
  if (start.toString('latin1', 0, 6) !== magic || start.length < 12) {
    throw new Error('its beginning is damaged; copy or download it again');
  }
  const isShort = start[6] === 1;
  const offset = isShort ? 10 + start.readUInt16LE(8) : 12 + start.readUInt32LE(8);
  if (offset > start.length) throw new Error('the file ends within its header; copy or download it again');
  const header = start.toString('utf8', isShort ? 10 : 12, offset);
  const descr = /'descr':\s*'([<>|=]?)(\w+)'/.exec(header);
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(header);
  const isFortran = /'fortran_order':\s*True/.test(header);
  if (!shape) throw new Error(`its header has no shape: ${header.trim().slice(0, 100)}`);
  const sizes = (shape[1] ?? '').split(',').flatMap((text) => (text.trim() === '' ? [] : [Number(text)]));
  const got = `${descr ? `${descr[1]}${descr[2]}` : 'records'} of shape [${sizes.join(', ')}]`;
  const type = descr?.[2] ?? '';
  const form = shapeOf(sizes);
  if (type === 'O') {
    throw new Error(`an array of objects (${got}), not of numbers; stack the images into one: numpy.stack`);
  }
  if (!isSampleType(type) || form === null) throw new Error(`${expectation}, got ${got}`);
  if (form.count === 0) throw new Error(`it has no images (${got}); save it again, or give another file`);
  if (isFortran) throw new Error('its values are in Fortran order; save numpy.ascontiguousarray(images)');
  return { ...form, type, littleEndian: descr?.[1] !== '>', offset };
}

function isSampleType(type: string): type is SampleType {
  return Object.hasOwn(sampleTypes, type);
}

type Shape = Pick<ArrayLayout, 'count' | 'height' | 'width' | 'channels' | 'channelsFirst' | 'doubt'>;

/** Null for a shape that is not of images. */
function shapeOf(sizes: readonly number[]): Shape | null {
  const [count = 0, one = 0, two = 0, three = 1] = sizes;
  if (sizes.some((size, axis) => (size === 0 && axis > 0) || !Number.isSafeInteger(size))) return null;
  if (sizes.length === 3) {
    const shape = { count, height: one, width: two, channels: 1, channelsFirst: false } as const;
    return [1, 3, 4].includes(two) ? { ...shape, doubt: oneImage(sizes) } : shape;
  }
  if (sizes.length !== 4) return null;
  if (three === 1 || three === 3)
    return { count, height: one, width: two, channels: three, channelsFirst: false };
  if (one === 1 || one === 3) return { count, height: two, width: three, channels: one, channelsFirst: true };
  return null;
}

/** An image saved alone has the axes of many grey ones, which then are as narrow as it has channels. */
function oneImage([count, height, width]: readonly number[]): string {
  const read = `read as ${count} grey images of shape [${height}, ${width}], because the array has three axes`;
  return `${read}; one colour image needs a leading axis: [1, ${count}, ${height}, 3]`;
}
