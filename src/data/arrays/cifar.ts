/** The binary files of CIFAR-10 and CIFAR-100: records of labels and an image of 32 x 32 pixels, without a header. */
import { basename, dirname } from 'node:path';
import { type ByteSource, fileSource } from '../bytes/byteSource.js';
import { openBytes } from '../bytes/openBytes.js';
import type { DataForm, FoundPath } from '../dataForm.js';
import { arrayDataset, arrayIn } from './arrayDataset.js';
import type { ArrayLayout } from './arrayLayout.js';

const side = 32;
const imageSize = 3 * side * side;

/** How the records of a dataset begin. */
interface CifarKind {
  /** The largest value of each label before an image. */
  readonly labels: readonly number[];
  /** How the names of its files and folders look. */
  readonly names: RegExp;
}

const kinds: readonly CifarKind[] = [
  { labels: [9], names: /cifar-?10(?!0)|_batch/i },
  { labels: [19, 99], names: /cifar-?100|^(train|test)\.bin/i },
];
/** Number of records whose labels are looked at, spread over the file. */
const samples = 100;

/** Files of which size, labels and name fit, also compressed with gzip. */
export const cifarForm: DataForm = {
  accepts: async (found) => isNamed(found) && (await isCifar(found)),
  open: (path) =>
    arrayDataset(path, async () => arrayIn(await openBytes(path), (bytes) => layoutOf(bytes, path))),
};

/** Files of nothing else that are named as those of CIFAR are, also pickled ones; the message says what does not fit. */
export const cifarNameForm: DataForm = {
  ...cifarForm,
  accepts: (found) => isNamed(found) || (!found.isFolder && isPickledName(found)),
};

function isPickledName({ path, isMissing }: FoundPath): boolean {
  return !isMissing && /^(data_batch_\d|test_batch)$/.test(basename(path));
}

function isNamed({ path, isFolder, isMissing }: FoundPath): boolean {
  return !isFolder && !isMissing && /\.bin(\.gz)?$/i.test(path);
}

/** Of a compressed file, only the first labels are known. */
async function isCifar({ path, start, isGzip }: FoundPath): Promise<boolean> {
  if (isGzip) return kinds.some(({ labels }) => isPlausible(start, labels));
  return (await kindsOf(await fileSource(path))).length > 0;
}

function isPlausible(record: Buffer, labels: readonly number[]): boolean {
  return record.length >= labels.length && labels.every((largest, i) => (record[i] as number) <= largest);
}

/** The datasets that bytes can be of. */
async function kindsOf(bytes: ByteSource): Promise<CifarKind[]> {
  const fitting: CifarKind[] = [];
  for (const kind of kinds) if (await fits(bytes, kind.labels)) fitting.push(kind);
  return fitting;
}

async function fits(bytes: ByteSource, labels: readonly number[]): Promise<boolean> {
  const size = labels.length + imageSize;
  const count = bytes.size / size;
  if (count === 0 || !Number.isInteger(count)) return false;
  const step = Math.max(1, Math.floor(count / samples));
  for (let record = 0; record < count; record += step) {
    if (!isPlausible(await bytes.read(record * size, labels.length), labels)) return false;
  }
  return true;
}

/** @throws RangeError that says what does not fit */
async function layoutOf(bytes: ByteSource, path: string): Promise<ArrayLayout> {
  const fitting = await kindsOf(bytes);
  const named = (name: string) => fitting.filter(({ names }) => names.test(name));
  const [kind, other] =
    [named(basename(path)), named(basename(dirname(path))), fitting].find((some) => some.length === 1) ??
    fitting;
  const sizes = kinds.map(({ labels }) => labels.length + imageSize).join(' or ');
  if (other)
    throw new RangeError(
      `it can be of CIFAR-10 or CIFAR-100; put the name of one in its own, such as cifar-10.bin`,
    );
  if (!kind) {
    const expected = `expected records of CIFAR-10 or CIFAR-100, of ${sizes} bytes`;
    const isWhole = kinds.some(({ labels }) => bytes.size % (labels.length + imageSize) === 0);
    const got =
      isWhole && bytes.size > 0 ? 'other values than labels before the images' : `${bytes.size} bytes`;
    throw new RangeError(`${expected}, got ${got}; download the binary version again`);
  }
  const labels = kind.labels.length;
  const count = bytes.size / (labels + imageSize);
  return {
    count,
    height: side,
    width: side,
    channels: 3,
    channelsFirst: true,
    type: 'u1',
    offset: labels,
    gap: labels,
  };
}
