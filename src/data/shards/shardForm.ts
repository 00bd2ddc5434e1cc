/** Several files of many images as one dataset: those of a folder, or of a pattern. */
import { stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { cut, printable } from '../../base/messageText.js';
import type { DataForm } from '../dataForm.js';
import { DatasetError } from '../datasetError.js';
import { listForm } from '../lists/listDataset.js';
import { isMeasuredName, isShardName } from '../packedNames.js';
import { type Shard, shardedDataset } from './shardedDataset.js';
import { shardNamesIn } from './shardFolder.js';
import { folderOf, isPattern, pathsOf } from './shardPattern.js';

type FormOf = (path: string) => Promise<DataForm | null>;

/** @param formOf the form of one file; null for an unknown one */
export function shardForm(formOf: FormOf): DataForm {
  return {
    async accepts({ path, isFolder, isMissing }) {
      // the name of an image inside a file may look like a pattern
      if (isMissing) return isPattern(path) && !(await isFileAt(folderOf(path)));
      const [first] = (isFolder ? await shardNamesIn(path) : null) ?? [];
      return first !== undefined && (await formOf(join(path, first))) !== null;
    },
    open: (path, options) =>
      shardedDataset(path, async (warn) => {
        const files = (await namesInFolder(path, warn)) ?? (await pathsOfPattern(path));
        const root = isPattern(path) && !(await isFolderAt(path)) ? folderOf(path) : path;
        const shards: Shard[] = [];
        for (const file of files) {
          const form = await formOf(file);
          // text in the place of an archive is mostly the message of a failed download
          const isText = form === listForm && isShardName(basename(file));
          if (!form || isText) throw new DatasetError(file, await problemOf(file));
          const name = relative(root, file).split(sep).join('/');
          shards.push({ name, path: file, dataset: form.open(file, options) });
        }
        return shards;
      }),
  };
}

async function isFileAt(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

async function isFolderAt(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** Paths of the files to learn from; null if there is no such folder. */
async function namesInFolder(folder: string, warn: (message: string) => void): Promise<string[] | null> {
  if (!(await isFolderAt(folder))) return null;
  const names = (await shardNamesIn(folder)) ?? [];
  const learned = names.filter((name) => !isMeasuredName(name));
  const measured = names.filter(isMeasuredName);
  if (learned.length > 0 && measured.length > 0) {
    const [files, them] = measured.length === 1 ? ['file', 'it'] : ['files', 'them'];
    const listed = cut(printable(measured.join(', ')));
    warn(
      `${printable(folder)}: left out ${measured.length} ${files} for testing or validation (${listed}); give the path to read ${them}`,
    );
  }
  return (learned.length > 0 ? learned : names).map((name) => join(folder, name));
}

/** @throws DatasetError when a file of the pattern does not exist, or none fits */
async function pathsOfPattern(pattern: string): Promise<string[]> {
  const paths = await pathsOf(pattern).catch((error: unknown) => {
    throw error instanceof RangeError ? new DatasetError(pattern, error.message, { cause: error }) : error;
  });
  if (paths.length === 0) throw new DatasetError(pattern, 'no file has such a name; correct the pattern');
  const missing: string[] = [];
  for (const path of paths) if (!(await stat(path).catch(() => null))) missing.push(path);
  const [first] = missing;
  if (first === undefined) return paths;
  const share = `${missing.length} of its ${paths.length} files do not exist`;
  throw new DatasetError(pattern, `${share}, the first is ${first}; correct the pattern, or add them`);
}

async function problemOf(file: string): Promise<string> {
  const size = (await stat(file).catch(() => null))?.size;
  if (size === 0) return 'the file is empty; download it again, or move it elsewhere';
  return 'it is no file of many images that can be read; download it again, or move it elsewhere';
}
