/** The bytes of a file of PyTorch 1.6 or newer, as `torch.save` writes it. Works without Node. */
import { joinedPieces } from '../base/joinedPieces.js';
import type { PickleContent } from './pickleContent.js';
import { writePickle } from './writer/writePickle.js';
import { type ZipRecord, zipParts } from './writer/zipParts.js';

const pieceSize = 4 * 2 ** 20;
const largestPart = 2 ** 30;

/**
 * A file in pieces of at most 4 MiB; the values of tensors are not copied beforehand. The memory of a piece is reused for the next.
 * @param name name of the file, without its last extension
 */
export function torchFilePieces(content: PickleContent, name: string): Generator<Uint8Array> {
  const folder = isPlain(name) ? name : 'archive';
  const { bytes, storages } = writePickle(content);
  const record = (path: string, data: ArrayBufferView): ZipRecord => ({
    name: `${folder}/${path}`,
    size: data.byteLength,
    parts: () => partsOf(data),
  });
  const text = (path: string, value: string) => record(path, new TextEncoder().encode(value));
  const data = storages.map((values, key) => record(`data/${key}`, values));
  // As PyTorch does, in the order of the keys as texts: 0, 1, 10, 11, ..., 2, ...
  data.sort((a, b) => (a.name < b.name ? -1 : 1));
  const records = [record('data.pkl', bytes), text('byteorder', 'little'), ...data, text('version', '3\n')];
  return joinedPieces(zipParts(records), pieceSize);
}

/** The bytes of an array, not copied. An array of bytes has at most 4 GiB in some versions of Node. */
function* partsOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Generator<Uint8Array> {
  for (let start = 0; start < byteLength; start += largestPart) {
    yield new Uint8Array(buffer, byteOffset + start, Math.min(largestPart, byteLength - start));
  }
}

/** Whether every reader takes the name for that of one folder. */
function isPlain(name: string): boolean {
  return name !== '' && !/[/\\:\p{Cc}\p{Cs}]|\.\./u.test(name) && !name.startsWith('.');
}
