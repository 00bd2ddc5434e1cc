/**
 * An archive of NumPy with one array `images`: uint8 `[n, height, width, channels]`. How many there are is known last, but stands
 * first; no library writes such a file in one go, so the few bytes of the archive are written here: one entry that is not compressed, and
 * the directory, in the form for any size (ZIP64, APPNOTE.TXT 4.3 and 4.5.3).
 */
import { crc32 } from '../../base/crc32.js';
import { joinedCrc32 } from '../../base/joinedCrc32.js';
import type { ImagePack, PackOptions } from './imagePack.js';
import type { NewFile } from './newFile.js';

const entryName = 'images.npy';
/** Bytes before the array: long enough for any number of images. */
const arrayHeader = 128;
/** Version 4.5 of the format, which has sizes of 64 bits. */
const version = 45;
/** The first day that the format knows, so that the same images make the same file. */
const firstDay = 0x21;
const elsewhere = 0xffffffff;
const localHeader = 30 + entryName.length + 20;

interface Entry {
  readonly crc: number;
  readonly bytes: number;
}

export function npzPack(file: NewFile, { size, channels }: Omit<PackOptions, 'names'>): ImagePack {
  let [images, crc, bytes, isBegun] = [0, 0, 0, false];
  const begin = async () => {
    if (!isBegun) await file.append(Buffer.alloc(localHeader + arrayHeader));
    isBegun = true;
  };
  return {
    encoded: async (pixels) => pixels,
    async add(_name, pixels) {
      await begin();
      await file.append(pixels);
      crc = crc32(pixels, crc);
      images += 1;
      bytes += pixels.length;
    },
    async end() {
      await begin();
      const header = npyHeader([images, size, size, channels]);
      const entry = { crc: joinedCrc32(crc32(header), crc, bytes), bytes: arrayHeader + bytes };
      await file.overwrite(Buffer.concat([localOf(entry), header]), 0);
      await file.append(directoryOf(entry, file.size));
    },
  };
}

/** The header of a .npy file, version 1.0. */
function npyHeader(shape: readonly number[]): Buffer {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const header = Buffer.alloc(arrayHeader, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(arrayHeader - 10, 8);
  header.write(text, 10, 'latin1');
  header.write('\n', arrayHeader - 1);
  return header;
}

/** The header before the entry. */
function localOf({ crc, bytes }: Entry): Buffer {
  const fixed = Buffer.alloc(30);
  fixed.write('PK\x03\x04', 'latin1');
  fixed.writeUInt16LE(version, 4);
  fixed.writeUInt16LE(firstDay, 12);
  fixed.writeUInt32LE(crc, 14);
  fixed.writeUInt32LE(elsewhere, 18);
  fixed.writeUInt32LE(elsewhere, 22);
  fixed.writeUInt16LE(entryName.length, 26);
  fixed.writeUInt16LE(20, 28);
  return Buffer.concat([fixed, Buffer.from(entryName), largeSizes(bytes)]);
}

/** The directory after the entry, and its end in both forms. */
function directoryOf({ crc, bytes }: Entry, begin: number): Buffer {
  const fixed = Buffer.alloc(46);
  fixed.write('PK\x01\x02', 'latin1');
  fixed.writeUInt16LE(version, 4);
  fixed.writeUInt16LE(version, 6);
  fixed.writeUInt16LE(firstDay, 14);
  fixed.writeUInt32LE(crc, 16);
  fixed.writeUInt32LE(elsewhere, 20);
  fixed.writeUInt32LE(elsewhere, 24);
  fixed.writeUInt16LE(entryName.length, 28);
  fixed.writeUInt16LE(20, 30);
  const directory = Buffer.concat([fixed, Buffer.from(entryName), largeSizes(bytes)]);
  const largeEnd = Buffer.alloc(56);
  largeEnd.write('PK\x06\x06', 'latin1');
  largeEnd.writeBigUInt64LE(44n, 4);
  largeEnd.writeUInt16LE(version, 12);
  largeEnd.writeUInt16LE(version, 14);
  largeEnd.writeBigUInt64LE(1n, 24);
  largeEnd.writeBigUInt64LE(1n, 32);
  largeEnd.writeBigUInt64LE(BigInt(directory.length), 40);
  largeEnd.writeBigUInt64LE(BigInt(begin), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(begin + directory.length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(elsewhere, 16);
  return Buffer.concat([directory, largeEnd, locator, end]);
}

/** The extra field with sizes of 64 bits. */
function largeSizes(bytes: number): Buffer {
  const field = Buffer.alloc(20);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(16, 2);
  field.writeBigUInt64LE(BigInt(bytes), 4);
  field.writeBigUInt64LE(BigInt(bytes), 12);
  return field;
}
