/** Writes the same images in every form that a dataset may have; see forms.ts. */
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import sharp from 'sharp';
import { Header } from 'tar/header';
import { crc32 } from '../src/base/crc32.js';
import { maskedCrc } from '../src/base/maskedCrc.js';

/** Size of a photo, as in the aligned images of CelebA. */
export const [width, height] = [178, 218];
/** Different images; they are repeated. */
const different = 200;

/** One image in several encodings. */
export interface Photo {
  readonly jpeg: Buffer;
  /** `[height, width, 3]` */
  readonly colour: Buffer;
  /** `[height, width]` */
  readonly grey: Buffer;
  /** `[3, 32, 32]` */
  readonly tiny: Buffer;
}

/** What the images of a form are made of. */
export type Encoding = keyof Photo;

export interface Form {
  readonly name: string;
  readonly encoding: Encoding;
  /** Null if it needs a module of Python that is not there. @returns the path to give to a dataset */
  readonly write: (folder: string, photos: Photos) => Promise<string | null>;
}

/** As many images as are asked for, from a few. */
export interface Photos {
  readonly length: number;
  at(index: number): Photo;
}

/** Smooth noise of many colours: about as many bytes as a photo has. */
export async function somePhotos(length: number): Promise<Photos> {
  const made: Photo[] = [];
  for (let i = 0; i < Math.min(different, length); i += 1) {
    const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 53) % 256 };
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const create = { width, height, channels: 3, background, noise } as const;
    const colour = await sharp({ create }).blur(1.5).raw().toBuffer();
    const raw = { width, height, channels: 3 } as const;
    const small = await sharp(colour, { raw }).resize(32, 32).raw().toBuffer();
    made.push({
      jpeg: await sharp(colour, { raw }).jpeg({ quality: 90 }).toBuffer(),
      colour,
      grey: await sharp(colour, { raw }).greyscale().raw().toBuffer(),
      tiny: Buffer.from(small.map((_, at) => small[(at % 1024) * 3 + Math.floor(at / 1024)] as number)),
    });
  }
  return { length, at: (index) => made[index % made.length] as Photo };
}

const nameOf = (index: number) => `${String(index).padStart(6, '0')}.jpg`;

/** Writes what a generator yields, part by part. */
async function written(path: string, parts: Iterable<Uint8Array>): Promise<string> {
  await pipeline(Readable.from(parts, { objectMode: true }), createWriteStream(path));
  return path;
}

function* tarOf(photos: Photos): Iterable<Buffer> {
  for (let i = 0; i < photos.length; i += 1) {
    const { jpeg } = photos.at(i);
    const block = Buffer.alloc(512);
    new Header({ path: nameOf(i), size: jpeg.length, type: 'File', mode: 0o644 }).encode(block);
    yield Buffer.concat([block, jpeg, Buffer.alloc((512 - (jpeg.length % 512)) % 512)]);
  }
  yield Buffer.alloc(1024);
}

interface Member {
  readonly name: string;
  readonly parts: readonly Buffer[];
}

/** Without compression and without the 64-bit extension. */
function* zipOf(members: Iterable<Member>): Iterable<Buffer> {
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, parts } of members) {
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    // version, flags, method, time, date, checksum, sizes, length of the name, and of what follows it
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)), 10);
    common.writeUInt32LE(size, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(name.length, 22);
    const offset = Buffer.alloc(14);
    offset.writeUInt32LE(at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0'), common, offset, Buffer.from(name));
    yield Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name)]);
    yield* parts;
    at += 30 + name.length + size;
  }
  const all = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(directory.length / 4, 8);
  end.writeUInt16LE(directory.length / 4, 10);
  end.writeUInt32LE(all.length, 12);
  end.writeUInt32LE(at, 16);
  yield Buffer.concat([all, end]);
}

function* jpegMembers(photos: Photos): Iterable<Member> {
  for (let i = 0; i < photos.length; i += 1) yield { name: nameOf(i), parts: [photos.at(i).jpeg] };
}

function* tfRecordsOf(photos: Photos): Iterable<Buffer> {
  for (let i = 0; i < photos.length; i += 1) {
    const inside = (field: number, bytes: Uint8Array) =>
      new BinaryWriter().tag(field, 2).bytes(bytes).finish();
    const feature = inside(1, inside(1, photos.at(i).jpeg));
    const entry = new BinaryWriter().tag(1, 2).string('image/encoded').tag(2, 2).bytes(feature).finish();
    const data = Buffer.from(inside(1, inside(1, entry)));
    const [head, tail] = [Buffer.alloc(12), Buffer.alloc(4)];
    head.writeBigUInt64LE(BigInt(data.length));
    head.writeUInt32LE(maskedCrc(head.subarray(0, 8)), 8);
    tail.writeUInt32LE(maskedCrc(data));
    yield Buffer.concat([head, data, tail]);
  }
}

function npyHeader(count: number): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('\x93NUMPY\x01\0\x76\0', 'latin1');
  header.write(`{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, ${height}, ${width}, 3), }`, 10);
  header.write('\n', 127);
  return header;
}

function* rows(photos: Photos, encoding: Encoding, before: Buffer = Buffer.alloc(0)): Iterable<Buffer> {
  for (let i = 0; i < photos.length; i += 1) yield Buffer.concat([before, photos.at(i)[encoding]]);
}

function* npyOf(photos: Photos): Iterable<Buffer> {
  yield npyHeader(photos.length);
  yield* rows(photos, 'colour');
}

function* idxOf(photos: Photos): Iterable<Buffer> {
  const header = Buffer.alloc(16);
  for (const [i, value] of [0x803, photos.length, height, width].entries())
    header.writeUInt32BE(value, 4 * i);
  yield header;
  yield* rows(photos, 'grey');
}

const python = process.env.PYTHON ?? 'python3';

/** Runs a program on the folder `jpeg` of images; null if a module of it is missing. */
async function byPython(
  folder: string,
  photos: Photos,
  program: string,
  path: string,
): Promise<string | null> {
  const images = join(folder, 'images');
  await writeFolder(images, photos);
  const { failed } = await promisify(execFile)(python, ['-c', program, images, path]).then(
    () => ({ failed: '' }),
    (error: Error & { stderr?: string }) => ({ failed: error.stderr || error.message }),
  );
  if (failed === '') return path;
  if (/ModuleNotFoundError|ENOENT/.test(failed)) return null;
  throw new Error(failed);
}

async function writeFolder(folder: string, photos: Photos): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < photos.length; i += 1) await writeFile(join(folder, nameOf(i)), photos.at(i).jpeg);
  return folder;
}

const lmdbProgram = `
import lmdb, os, sys
images, path = sys.argv[1:]
names = sorted(os.listdir(images))
with lmdb.open(path, map_size=2**32) as env, env.begin(write=True) as t:
    for n in names: t.put(n.encode(), open(os.path.join(images, n), 'rb').read())
`;

const parquetProgram = `
import os, sys, pyarrow as pa, pyarrow.parquet as pq
images, path = sys.argv[1:]
names = sorted(os.listdir(images))
rows = [{'bytes': open(os.path.join(images, n), 'rb').read(), 'path': n} for n in names]
pq.write_table(pa.table({'image': rows}), path, row_group_size=1000)
`;

/** The forms in the order of the table. */
export const forms: readonly Form[] = [
  {
    name: 'folder',
    encoding: 'jpeg',
    write: (folder, photos) => writeFolder(join(folder, 'photos'), photos),
  },
  {
    name: 'list',
    encoding: 'jpeg',
    async write(folder, photos) {
      await writeFolder(join(folder, 'photos'), photos);
      const lines = Array.from({ length: photos.length }, (_, i) => `photos/${nameOf(i)}\n`);
      await writeFile(join(folder, 'list.txt'), lines.join(''));
      return join(folder, 'list.txt');
    },
  },
  {
    name: 'zip',
    encoding: 'jpeg',
    write: (folder, photos) => written(join(folder, 'photos.zip'), zipOf(jpegMembers(photos))),
  },
  {
    name: 'tar',
    encoding: 'jpeg',
    write: (folder, photos) => written(join(folder, 'photos.tar'), tarOf(photos)),
  },
  {
    name: 'tar.gz',
    encoding: 'jpeg',
    async write(folder, photos) {
      const path = await written(join(folder, 'photos.tar'), tarOf(photos));
      await pipeline(createReadStream(path), createGzip({ level: 1 }), createWriteStream(`${path}.gz`));
      return `${path}.gz`;
    },
  },
  {
    name: 'TFRecord',
    encoding: 'jpeg',
    write: (folder, photos) => written(join(folder, 'photos.tfrecord'), tfRecordsOf(photos)),
  },
  {
    name: 'LMDB',
    encoding: 'jpeg',
    write: (folder, photos) => byPython(folder, photos, lmdbProgram, join(folder, 'lmdb')),
  },
  {
    name: 'Parquet',
    encoding: 'jpeg',
    write: (folder, photos) => byPython(folder, photos, parquetProgram, join(folder, 'photos.parquet')),
  },
  {
    name: 'npy',
    encoding: 'colour',
    write: (folder, photos) => written(join(folder, 'photos.npy'), npyOf(photos)),
  },
  {
    name: 'npz',
    encoding: 'colour',
    write: (folder, photos) =>
      written(join(folder, 'photos.npz'), zipOf([{ name: 'photos.npy', parts: [...npyOf(photos)] }])),
  },
  {
    name: 'IDX',
    encoding: 'grey',
    write: (folder, photos) => written(join(folder, 'photos-idx3-ubyte'), idxOf(photos)),
  },
  {
    name: 'CIFAR-10',
    encoding: 'tiny',
    async write(folder, photos) {
      await written(join(folder, 'data_batch_1.bin'), rows(photos, 'tiny', Buffer.alloc(1)));
      return folder;
    },
  },
];
