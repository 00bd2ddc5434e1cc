/** PyTorch's format before 1.6: five pickles, and the storages one after the other. */
import { describeValue } from '../base/messageText.js';
import type { ByteSource } from '../checkpoint/byteSource.js';
import { CheckpointError } from '../checkpoint/checkpointError.js';
import { damaged } from './damaged.js';
import { describePickleValue } from './describePickleValue.js';
import { largestPickle } from './largestPickle.js';
import { type Unpickled, unpickle } from './pickle/unpickle.js';
import { isDict, type PickleValue } from './pickleValue.js';
import { readExactly, readInto } from './readExactly.js';
import type { TorchContent } from './torchContent.js';
import { itemSizes, type TorchStorage } from './torchTensor.js';

const magic = 0x1950a86a20f9469cfc6cn;
const version = 1001;
/** The number of values before those of each storage. */
const countSize = 8;

/** @throws CheckpointError when the file is damaged, or has anything but tensors and plain data */
export async function fromOldFormat(source: ByteSource, where: string): Promise<TorchContent> {
  const bytes = await readExactly(source, where, 0, Math.min(source.size, largestPickle));
  const next = pickles(bytes, where);
  if (next().content !== magic) {
    const problem = 'a pickle, but not one of torch.save (another magic number)';
    throw new CheckpointError(where, `${problem}; save it with torch.save(content, path)`);
  }
  const written = next().content;
  if (written !== version) {
    throw new CheckpointError(
      where,
      `its format version is ${describePickleValue(written)} (expected ${version}); not read`,
    );
  }
  checkByteOrder(next().content, where);
  const { content, storages } = next();
  const { content: keys, end } = next();
  const places = placesOf(keys, storages, end, source.size, where);
  return { content, isBigEndian: false, readBytes: readerOf(source, places, where) };
}

/** Reads one pickle after the other. */
function pickles(bytes: Uint8Array, where: string): () => Unpickled {
  let position = 0;
  return () => {
    const result = unpickle(bytes, where, position);
    position = result.end;
    return result;
  };
}

function checkByteOrder(system: PickleValue, where: string): void {
  const isLittle = isDict(system) ? system.get('little_endian') : undefined;
  if (isLittle === true) return;
  if (isLittle === false) {
    const problem = 'written on a machine with big-endian byte order';
    throw new CheckpointError(where, `${problem}; load and save it with a newer PyTorch`);
  }
  throw damaged(where, `expected an entry little_endian, got ${describePickleValue(isLittle)}`);
}

/** Positions of the storages' values, if together they reach exactly to the end. */
function placesOf(
  keys: PickleValue,
  storages: ReadonlyMap<string, TorchStorage>,
  start: number,
  size: number,
  where: string,
): ReadonlyMap<TorchStorage, number> {
  if (!Array.isArray(keys))
    throw damaged(where, `expected a list of storages, got ${describePickleValue(keys)}`);
  const places = new Map<TorchStorage, number>();
  let position = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage || places.has(storage)) {
      throw damaged(where, `storage ${describePickleValue(key)} belongs to no tensor, or is there twice`);
    }
    places.set(storage, position + countSize);
    position += countSize + storage.length * itemSizes[storage.kind];
  }
  const missing = [...storages.values()].find((storage) => !places.has(storage));
  if (missing) throw damaged(where, `it has no values of storage ${missing.key}`);
  if (position !== size) {
    throw damaged(
      where,
      `expected ${position} bytes for its ${places.size} storages, got ${size}; copy or download it again`,
    );
  }
  return places;
}

function readerOf(
  source: ByteSource,
  places: ReadonlyMap<TorchStorage, number>,
  where: string,
): TorchContent['readBytes'] {
  const checked = new Set<TorchStorage>();
  return async (storage, target, begin) => {
    const position = places.get(storage) as number;
    if (!checked.has(storage)) {
      const count = await readExactly(source, where, position - countSize, countSize);
      const length = new DataView(count.buffer).getBigUint64(0, true);
      if (length !== BigInt(storage.length)) {
        throw damaged(
          where,
          `storage ${describeValue(storage.key)}: expected ${storage.length} values, got ${length}`,
        );
      }
      checked.add(storage);
    }
    await readInto(source, where, target, position + begin);
  };
}
