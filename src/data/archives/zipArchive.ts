/** Zip archives of images. */
import type { DataForm } from '../dataForm.js';
import { type ArchiveKind, archiveDataset } from './archiveDataset.js';
import { largestMember, MemberIndex, type MemberProblem } from './archiveMembers.js';
import { deflated, stored, type ZipEntry, zipContent, zipEntries } from './zipEntries.js';

/** Columns of the index after the first. */
const column = { header: 1, compressed: 2, size: 3, method: 4, crc: 5 };

const zipArchive: ArchiveKind = {
  name: 'zip archive',
  async index(archive) {
    const members = new MemberIndex(5);
    for await (const entry of zipEntries(archive)) {
      const { name, header, compressed, size, method, crc } = entry;
      members.add(name, problemOf(entry), header, compressed, size, method, crc);
    }
    return members.table();
  },
  read(archive, index, row) {
    return zipContent(archive, {
      header: index.number(row, column.header),
      compressed: index.number(row, column.compressed),
      size: index.number(row, column.size),
      method: index.number(row, column.method),
      crc: index.number(row, column.crc),
    });
  },
};

export const zipForm: DataForm = {
  accepts: ({ start, isGzip }) =>
    !isGzip && ['PK\x03\x04', 'PK\x05\x06'].includes(start.toString('latin1', 0, 4)),
  open: (path, options) => archiveDataset(path, zipArchive, options),
};

function problemOf({ isLink, isEncrypted, method, compressed, size }: ZipEntry): MemberProblem | null {
  if (isLink) return 'link';
  if (isEncrypted) return 'encrypted';
  if (method !== stored && method !== deflated) return 'method';
  return Math.max(compressed, size) > largestMember ? 'large' : null;
}
