import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeValue } from '../../base/messageText.js';
import { nearest } from '../../base/nearest.js';
import { runNameProblem } from '../../config/runName.js';
import type { Output } from '../terminal/output.js';

const [finalPrefix, modelEnd, checkpointEnd, best] = ['final_result_', '.model', '.checkpoint', '.best'];

/**
 * Finds the file of a model from a path or the name of a run in `folder`. For a run, uses the final model or the checkpoint,
 * whichever is newer, and prints which. `<run>.best` is its best model on held-out images.
 *
 * @throws Error if there is neither
 */
export async function findModel(given: string, folder: string, output: Output): Promise<string> {
  if (given.trim() === '')
    throw new Error(`model: expected a file or the name of a run, got ${describeValue(given)}`);
  if ((await writtenAt(given)) !== null || runNameProblem(given) !== null) return given;
  const weights = join(folder, 'saved_weights');
  const names = [
    `${finalPrefix}${given}${modelEnd}`,
    `${given}${checkpointEnd}`,
    `${given}${modelEnd}`,
    given,
  ];
  const found: { readonly path: string; readonly time: number }[] = [];
  for (const name of names) {
    const path = join(weights, name);
    const time = await writtenAt(path);
    if (time !== null) found.push({ path, time });
  }
  const [newest] = found.sort((a, b) => b.time - a.time);
  if (!newest) throw new Error(await notFound(given, weights));
  output.event({ type: 'model', path: newest.path });
  const hasBest = (await writtenAt(join(weights, `${given}${best}${modelEnd}`))) !== null;
  const also = hasBest ? `; the best on held-out images is ${given}${best}` : '';
  output.progress(`model ${newest.path}${also}`);
  return newest.path;
}

/** Time when a file was written, in milliseconds since 1970; null if it does not exist. */
async function writtenAt(path: string): Promise<number | null> {
  const status = await stat(path).catch(() => null);
  return status && !status.isDirectory() ? status.mtimeMs : null;
}

async function notFound(given: string, weights: string): Promise<string> {
  const runs = new Set<string>();
  for (const entry of await readdir(weights, { withFileTypes: true }).catch(() => [])) {
    const file = entry.isDirectory() ? '' : entry.name;
    if (file.endsWith(checkpointEnd)) runs.add(file.slice(0, -checkpointEnd.length));
    else if (file.startsWith(finalPrefix) && file.endsWith(modelEnd)) {
      runs.add(file.slice(finalPrefix.length, -modelEnd.length));
    }
  }
  const names = [...runs].sort();
  const similar = nearest(given, names);
  const known =
    names.length > 0 ? `runs in ${weights}: ${names.join(', ')}` : `there are no runs in ${weights}`;
  const hint = similar ? ` (did you mean ${similar}?)` : '; choose another folder with --folder';
  const isFolder = (await stat(given).catch(() => null))?.isDirectory() ?? false;
  const what = isFolder ? 'is a folder, and no run has this name' : 'no file or run has this name';
  return `${given}: ${what}; ${known}${hint}`;
}
