/** Tar archives: an index is built by walking from header to header, without reading the data between them. */
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { type ByteSource, windowed } from '../bytes/byteSource.js';
import { DamagedImageError } from '../damagedImageError.js';
import type { DataForm } from '../dataForm.js';
import type { PackedTable } from '../packed/packedTable.js';
import { type ArchiveKind, archiveDataset } from './archiveDataset.js';
import { largestMember, MemberIndex, type MemberProblem } from './archiveMembers.js';

const block = 512;
/** Read at a time: headers of small members lie close together. */
const windowBytes = 2 ** 16;
const longestText = 2 ** 20;
const column = { offset: 1, size: 2 };
/** Types whose data says something about the member after them. */
const attributes = new Set([
  'ExtendedHeader',
  'GlobalExtendedHeader',
  'NextFileHasLongPath',
  'NextFileHasLongLinkpath',
]);
const files = new Set(['File', 'OldFile', 'ContiguousFile']);
const links = new Set(['Link', 'SymbolicLink']);
const folders = new Set(['Directory', 'GNUDumpDir']);
/** Their headers may tell the size of what they lead to. */
const hasNoData = new Set(['Link', 'SymbolicLink', 'Directory', 'CharacterDevice', 'BlockDevice', 'FIFO']);

const tarArchive: ArchiveKind = {
  name: 'tar archive',
  hasSamples: true,
  index: membersOf,
  async read(archive, index, row) {
    const size = index.number(row, column.size);
    const bytes = await archive.read(index.number(row, column.offset), size);
    if (bytes.length < size) throw new DamagedImageError('the archive ends within it');
    return bytes;
  },
};

/** Tar archives of images, also compressed with gzip. */
export const tarForm: DataForm = {
  accepts: ({ start }) => start.length >= block && headerOf(start) !== null,
  open: (path, options) => archiveDataset(path, tarArchive, options),
};

/**
 * Walks from header to header. After a damaged part it goes on with the next header, as other programs do.
 * @throws UnreadImageError when the file cannot be read
 */
async function membersOf(archive: ByteSource): Promise<PackedTable> {
  const members = new MemberIndex(2);
  const bytesAt = windowed(archive, windowBytes);
  let [own, all]: [Pax | undefined, Pax | undefined] = [undefined, undefined];
  let [longPath, isLost, isEnded, at] = ['', false, false, 0];
  while (at + block <= archive.size) {
    const bytes = await bytesAt(at, block);
    const header = headerOf(bytes, own, all);
    if (header === null) {
      // zeros fill an archive up at its end, and may stand between two that were joined
      const isEmpty = bytes.every((byte) => byte === 0);
      if (!isEmpty && !isLost) members.addDamage(`byte ${at}`);
      isLost = !isEmpty;
      if (isEmpty) isEnded = true;
      at += block;
      continue;
    }
    [isLost, isEnded] = [false, false];
    const { type, size = 0, path = '' } = header;
    const data = at + block;
    at = hasNoData.has(type) ? data : data + block * Math.ceil(size / block);
    if (attributes.has(type)) {
      const text = await textAt(archive, data, size);
      if (type === 'ExtendedHeader') own = Pax.parse(text, own, false);
      else if (type === 'GlobalExtendedHeader') all = Pax.parse(text, all, true);
      else if (type === 'NextFileHasLongPath') longPath = text.replace(/\0.*/s, '');
      continue;
    }
    const problem = data + size > archive.size ? 'cut' : problemOf(type, size);
    if (!folders.has(type)) members.add((longPath || path).replace(/^(\.\/)+/, ''), problem, data, size);
    [own, longPath] = [undefined, ''];
  }
  if (!isEnded) {
    const rest = await archive.read(at, Math.max(0, archive.size - at));
    if (!isLost && rest.some((byte) => byte !== 0)) members.addEarlyEnd('within a header');
    // one byte of the zeros is enough: no header begins with zero
    else if (isLost || rest.length === 0) members.addEarlyEnd('without its end mark');
  }
  return members.table();
}

/** The header that a block is; null if it is none, or damaged. */
function headerOf(bytes: Buffer, own?: Pax, all?: Pax): Header | null {
  try {
    const header = new Header(bytes, 0, own, all);
    return header.cksumValid && !header.nullBlock ? header : null;
  } catch {
    return null; // a number that cannot be read
  }
}

function problemOf(type: string, size: number): MemberProblem | null {
  if (links.has(type)) return 'link';
  if (!files.has(type)) return 'special';
  return size > largestMember ? 'large' : null;
}

/** The data of a member that is text; of an unlikely long one, the beginning. */
async function textAt(archive: ByteSource, position: number, size: number): Promise<string> {
  return (await archive.read(position, Math.min(size, longestText))).toString('utf8');
}
