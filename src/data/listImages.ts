/** Which images a folder holds. */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { hasCode, messageOf } from '../config/errors.js';
import { DatasetError } from './datasetError.js';
import type { ImageFile } from './imageFile.js';

const extensions = 'avif bmp gif heic heif jp2 jpe jpeg jpg jxl pgm png pnm ppm svg tif tiff webp'.split(' ');
/** `stat` calls at a time. */
const concurrency = 32;

/**
 * The images of a folder and the folders inside it, in an order that is always the same.
 * @throws DatasetError when the folder is missing, unreadable, or holds no image
 */
export async function listImages(folder: string): Promise<ImageFile[]> {
  const names: string[] = [];
  await collect(folder, '', names);
  names.sort((a, b) => (a < b ? -1 : 1));
  const files: ImageFile[] = [];
  for (let i = 0; i < names.length; i += concurrency) {
    const found = await Promise.all(names.slice(i, i + concurrency).map((name) => fileOf(folder, name)));
    files.push(...found.filter((file) => file !== null));
  }
  if (files.length === 0) {
    const remedy = 'put the images to learn there, or name another folder with --dataset';
    throw new DatasetError(folder, `expected images (${extensions.join(', ')}), got none; ${remedy}`);
  }
  return files;
}

async function collect(folder: string, inside: string, names: string[]): Promise<void> {
  for (const entry of await entriesOf(folder, inside)) {
    if (entry.name.startsWith('.')) continue;
    const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
    if (entry.isDirectory()) await collect(folder, name, names);
    else if (extensions.includes(extname(entry.name).slice(1).toLowerCase())) names.push(name);
  }
}

async function entriesOf(folder: string, inside: string) {
  try {
    return await readdir(join(folder, inside), { withFileTypes: true });
  } catch (error) {
    const remedy = 'make it and put the images to learn there, or name another folder with --dataset';
    const missing = hasCode(error, 'ENOENT') && inside === '';
    const got = missing ? 'nothing of that name' : messageOf(error);
    throw new DatasetError(folder, `expected a folder of images, got ${got}; ${remedy}`, { cause: error });
  }
}

/** Null for what is no file, or is gone by now. */
async function fileOf(folder: string, name: string): Promise<ImageFile | null> {
  const path = join(folder, name);
  const status = await stat(path).catch(() => null);
  return status?.isFile() ? { path, name, bytes: status.size, modified: status.mtimeMs } : null;
}
