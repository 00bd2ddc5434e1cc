import { stat } from 'node:fs/promises';
import { constants, gunzipSync } from 'node:zlib';
import type { DataForm, FoundPath } from './dataForm.js';
import type { Dataset } from './dataset.js';
import { type FolderDatasetOptions, folderDataset } from './folderDataset.js';
import { idxForm } from './idx/idxDataset.js';
import { readStart } from './readImageFile.js';

/** The first that accepts a path is taken. */
const forms: readonly DataForm[] = [idxForm];

/**
 * The dataset at a path: a file or folder of one of the forms, or else a folder of images.
 *
 * @param options all of them for a folder; the limit of pixels for every form
 */
export async function datasetAt(path: string, options: FolderDatasetOptions = {}): Promise<Dataset> {
  const form = await formOf(path);
  return form ? form.open(path, { maxPixels: options.maxPixels }) : folderDataset(path, options);
}

/** The form of what is at a path; null for a folder of images, an image, or what cannot be read. */
export async function formOf(path: string): Promise<DataForm | null> {
  const found = await foundAt(path);
  if (found) for (const form of forms) if (await form.accepts(found)) return form;
  return null;
}

async function foundAt(path: string): Promise<FoundPath | null> {
  try {
    if ((await stat(path)).isDirectory())
      return { path, isFolder: true, start: Buffer.alloc(0), isGzip: false };
    const start = await readStart(path, 4096);
    const isGzip = start[0] === 0x1f && start[1] === 0x8b;
    return { path, isFolder: false, start: isGzip ? decompressedStart(start) : start, isGzip };
  } catch {
    return null;
  }
}

/** What the beginning of a compressed file decompresses to; nothing if it is damaged. */
function decompressedStart(start: Buffer): Buffer {
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}
