import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '../../base/nearest.js';
import { runNameProblem } from '../../config/runName.js';
import type { Output } from '../terminal/output.js';

const [finalPrefix, modelEnd, checkpointEnd] = ['final_result_', '.model', '.checkpoint'];

/**
 * The file of a model: a path, or the name of a run below `folder`, whose final model or checkpoint is meant, whichever
 * is newer. Tells which it is where that was not said.
 *
 * @throws Error where there is neither
 */
export async function findModel(given: string, folder: string, output: Output): Promise<string> {
  if ((await writtenAt(given)) !== null || runNameProblem(given) !== null) return given;
  const weights = join(folder, 'saved_weights');
  const names = [`${finalPrefix}${given}${modelEnd}`, `${given}${checkpointEnd}`, given];
  const found: { readonly path: string; readonly time: number }[] = [];
  for (const name of names) {
    const path = join(weights, name);
    const time = await writtenAt(path);
    if (time !== null) found.push({ path, time });
  }
  const [newest] = found.sort((a, b) => b.time - a.time);
  if (!newest) throw new Error(await notFound(given, weights));
  output.event({ type: 'model', path: newest.path });
  output.progress(`model ${newest.path}`);
  return newest.path;
}

/** When a file was, in milliseconds since 1970; null where there is none. */
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
    names.length > 0 ? `the runs in ${weights} are ${names.join(', ')}` : `there are no runs in ${weights}`;
  const hint = similar ? ` (did you mean ${similar}?)` : '; name their folder with --folder';
  return `${given}: no such file, and no run of this name; ${known}${hint}`;
}
