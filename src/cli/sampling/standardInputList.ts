/** A list of paths on standard input, which a command gets with `-` in place of a path. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.js';
import type { DataOptions } from '../../data/dataForm.js';
import type { Dataset } from '../../data/dataset.js';
import { DatasetError } from '../../data/datasetError.js';
import { digest } from '../../data/digest.js';
import { listDataset } from '../../data/lists/listDataset.js';
import { folderLineOf, isListText, pathListIn } from '../../data/lists/pathList.js';

export const standardInput = '-';
const name = 'standard input';
const example = "as in: find photos -name '*.jpg' | nvae ...";
const [begin, end] = ['dataset-', '.txt'];
/** A longer list is a mistake. */
const mostBytes = 2 ** 30;

/** The files of the list; relative paths begin in the current folder. Standard input is read when the items are listed. */
export function standardInputDataset(options: DataOptions = {}): Dataset {
  const read = async () => pathListIn(await readList(''), name, '.');
  return listDataset(name, read, options);
}

/**
 * Keeps the list in the folder of a run, for its process and for later sessions.
 *
 * @param folder of the run
 * @returns path of the list, the same for the same list
 * @throws DatasetError if standard input has no list
 */
export async function keepStandardInputList(folder: string): Promise<string> {
  const earlier = (await readdir(folder).catch(() => [])).filter(
    (file) => file.startsWith(begin) && file.endsWith(end),
  );
  const list = await readList(earlier.map((file) => `, or pass --dataset ${join(folder, file)}`).join(''));
  await pathListIn(list, name, '.').catch((error: unknown) => {
    throw new DatasetError(name, messageOf(error), { cause: error });
  });
  const content = [Buffer.from(folderLineOf('.')), list];
  const path = join(folder, `${begin}${digest(content).slice(0, 8)}${end}`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, content);
  return path;
}

/** @param orElse what else to do, for messages */
async function readList(orElse: string): Promise<Buffer> {
  const { stdin } = process;
  if (stdin.isTTY)
    throw new DatasetError(name, `it is a terminal; pipe a list of paths, ${example}${orElse}`);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stdin) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > mostBytes)
      throw new DatasetError(name, `it is longer than 1 GiB; pipe a list of paths, ${example}`);
    parts.push(bytes);
  }
  const list = Buffer.concat(parts);
  if (list.length === 0)
    throw new DatasetError(name, `it is empty; pipe a list of paths, ${example}${orElse}`);
  if (!isListText(list.subarray(0, 4096))) {
    throw new DatasetError(name, `it is no text; pipe a list of paths, ${example}`);
  }
  return list;
}
