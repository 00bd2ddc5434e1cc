import { stat } from 'node:fs/promises';
import { constants, gunzipSync } from 'node:zlib';
import { hasCode } from '../base/errors.js';
import { tarForm } from './archives/tarArchive.js';
import { zipForm } from './archives/zipArchive.js';
import { cifarForm, cifarNameForm } from './arrays/cifar.js';
import { idxForm } from './arrays/idx.js';
import { npyForm, npzForm } from './arrays/npy.js';
import type { DataForm, FoundPath } from './dataForm.js';
import type { Dataset } from './dataset.js';
import { type FolderDatasetOptions, folderDataset } from './folderDataset.js';
import { listForm } from './lists/listDataset.js';
import { parquetForm } from './parquet/parquetForm.js';
import { readStart } from './readImageFile.js';
import { lmdbForm } from './records/lmdb.js';
import { tfRecordForm } from './records/tfRecord.js';
import { shardForm } from './shards/shardForm.js';

/** The first that accepts a path is taken. */
const forms: readonly DataForm[] = [
  cifarForm,
  idxForm,
  npyForm,
  npzForm,
  zipForm,
  tarForm,
  tfRecordForm,
  lmdbForm,
  parquetForm,
  cifarNameForm,
  listForm,
  shardForm(formOf),
];

/**
 * Opens what is at a path as a dataset: a file of many images or a folder of such a form, found by its content, or else a folder of
 * images. It is the dataset that `train` and `evaluate` make of a path.
 *
 * `items` of the dataset throws a `DatasetError` when there is nothing at the path, or nothing that can be read as images.
 *
 * @param path path of the folder or file; an array of a `.npz` archive is named after its path, as in `mnist.npz/x_train`
 * @param options for a folder, what to leave out; and the size limit of images
 *
 * @example
 * const dataset = await datasetAt('photos.zip');
 * images(dataset).pipe(decodeImages({ dataset, size: 64 }));
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
  const nothing = { path, isFolder: false, isMissing: false, start: Buffer.alloc(0), isGzip: false };
  try {
    if ((await stat(path)).isDirectory()) return { ...nothing, isFolder: true };
    const start = await readStart(path, 4096);
    const isGzip = start[0] === 0x1f && start[1] === 0x8b;
    return { ...nothing, start: isGzip ? decompressedStart(start) : start, isGzip };
  } catch (error) {
    return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') ? { ...nothing, isMissing: true } : null;
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
