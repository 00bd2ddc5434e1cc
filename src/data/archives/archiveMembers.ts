/** The members of an archive that may be images, and what an index says of each. */
import { extname } from 'node:path';
import { isReadable, unreadableFormat } from '../formats.js';
import type { OmissionKind, Omissions } from '../omissions.js';
import { indexesWhere } from '../packed/indexesWhere.js';
import { type PackedTable, PackedTableBuilder } from '../packed/packedTable.js';
import { repeatedNames } from '../packed/repeatedNames.js';

/** Why a member cannot be used, by the number that stands for it in an index; an index that was kept depends on their order. */
const problems = [
  'link',
  'special',
  'unsafe',
  'encrypted',
  'method',
  'large',
  'cut',
  'damaged',
] as const satisfies OmissionKind[];
/** Stands for the end of an archive that may have lost members, in the last row of an index. */
const earlyEnd = 255;
export type MemberProblem = (typeof problems)[number];

/** Images are smaller; a file that claims more is not decompressed. */
export const largestMember = 2 ** 29;

/** Collects the members of an archive while its index is built. */
export class MemberIndex {
  readonly #rows: PackedTableBuilder;

  /** @param numbers how many numbers tell the place of a member */
  constructor(numbers: number) {
    this.#rows = new PackedTableBuilder(1 + numbers);
  }

  /**
   * Adds a member, unless its name says that it is neither an image nor in a format of images, or hidden.
   *
   * @param name path inside the archive, with `/` between the parts
   * @param problem null for a file that can be read
   * @param place where it is; the same number of numbers for every member
   */
  add(name: string, problem: MemberProblem | null, ...place: number[]): void {
    const extension = extensionOf(name);
    const isImage = isReadable(extension) || unreadableFormat(extension) !== null;
    if (!isImage || isHidden(name)) return;
    const found = isUnsafe(name) ? 'unsafe' : problem;
    this.#rows.add(name, found === null ? 0 : 1 + problems.indexOf(found), ...place);
  }

  /** Adds a part that cannot be read as members. @param place for people */
  addDamage(place: string): void {
    this.#addNote(place, 1 + problems.indexOf('damaged'));
  }

  /** Says that the archive may have lost its last members; nothing is added after this. @param where it ends, for people */
  addEarlyEnd(where: string): void {
    this.#addNote(where, earlyEnd);
  }

  #addNote(text: string, kind: number): void {
    const numbers = new Array<number>(this.#rows.columns - 1).fill(0);
    this.#rows.add(text, kind, ...numbers);
  }

  table(): PackedTable {
    return this.#rows.table();
  }
}

/** The rows of an index that can be read, in its order; of several members with one name, the last. Notes the others. */
export function usableRows(index: PackedTable, notes: Omissions): Uint32Array {
  const isUsable = new Uint8Array(index.length);
  for (let row = 0; row < index.length; row += 1) {
    if (index.number(row, 0) === earlyEnd) continue;
    const name = index.name(row);
    const problem = problems[index.number(row, 0) - 1];
    const format = unreadableFormat(extensionOf(name));
    if (problem !== undefined) notes.note(problem, name);
    else if (format !== null) notes.noteFormat(format, name);
    else isUsable[row] = 1;
  }
  const rows = indexesWhere(isUsable);
  const name = (i: number) => index.name(rows[i] as number);
  const repeated = repeatedNames({ length: rows.length, name });
  if (repeated.length === 0) return rows;
  for (const places of repeated) {
    for (const place of places.slice(0, -1)) {
      notes.note('repeated', name(place));
      isUsable[rows[place] as number] = 0;
    }
  }
  return indexesWhere(isUsable);
}

/** A warning about an archive that may have lost its last members; null if it has its end. */
export function earlyEndOf(index: PackedTable): string | null {
  const last = index.length - 1;
  if (last < 0 || index.number(last, 0) !== earlyEnd) return null;
  return `the archive ends ${index.name(last)}, so files at its end may be missing; copy or download it again`;
}

/** Formats of the image of a sample, the most likely first. */
const imageFormats = ['jpg', 'jpeg', 'png', 'webp'];

/**
 * The rows that stand for a sample of a WebDataset: of neighbours in a tar archive whose names are the same up to the first dot, such as
 * `0001.jpg` and `0001.mask.png`, the image. Neighbours that all have more dots, such as `cat.1.jpg` and `cat.2.jpg`, are no parts of a
 * sample. Notes the others.
 */
export function sampleRows(index: PackedTable, rows: Uint32Array, notes: Omissions): Uint32Array {
  const isSample = new Uint8Array(index.length);
  const partsAt = (i: number) => samplePartsOf(index.name(rows[i] as number));
  for (let begin = 0; begin < rows.length; ) {
    const { key, format } = partsAt(begin);
    let [best, bestRank] = [begin, rankOf(format)];
    let end = begin + 1;
    for (; end < rows.length; end += 1) {
      const other = partsAt(end);
      if (other.key !== key) break;
      const rank = rankOf(other.format);
      if (rank < bestRank) [best, bestRank] = [end, rank];
    }
    for (let i = begin; i < end; i += 1) {
      if (i === best || bestRank === noSample) isSample[rows[i] as number] = 1;
      else notes.note('sample', index.name(rows[i] as number));
    }
    begin = end;
  }
  return indexesWhere(isSample);
}

const noSample = Number.POSITIVE_INFINITY;

function rankOf(format: string): number {
  if (format.includes('.')) return noSample;
  const rank = imageFormats.indexOf(format);
  return rank < 0 ? imageFormats.length : rank;
}

/** The path up to the first dot of the file's name, and what follows. */
function samplePartsOf(name: string): { readonly key: string; readonly format: string } {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 2);
  if (dot < 0) return { key: name, format: '' };
  return { key: name.slice(0, dot), format: name.slice(dot + 1).toLowerCase() };
}

function extensionOf(name: string): string {
  return extname(name).slice(1).toLowerCase();
}

/** As in folders; macOS adds a hidden twin of every file below `__MACOSX`. */
function isHidden(name: string): boolean {
  return name.split('/').some((part) => (part.startsWith('.') && !/^\.+$/.test(part)) || part === '__MACOSX');
}

/** Nothing is unpacked, but such a name is no mistake, and other programs would follow it. */
function isUnsafe(name: string): boolean {
  return (
    name.startsWith('/') ||
    /^[a-z]:[/\\]/i.test(name) ||
    name.split('/').includes('..') ||
    name.includes('\0')
  );
}
