import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeValue } from '../../base/messageText.js';
import { nearest } from '../../base/nearest.js';
import { runNameProblem } from '../../config/runName.js';
import { namesOfPretrained, pretrainedModel } from '../../modelFiles/pretrained/pretrainedModel.js';
import type { Output } from '../terminal/output.js';

const hidden = 'the pretrained model of this name';
const [finalPrefix, modelEnd, checkpointEnd, best] = ['final_result_', '.model', '.checkpoint', '.best'];

/**
 * Finds the file of a model from a path, the name of a run in `folder`, or the name of a pretrained model, in this order. For a
 * run, uses the final model or the checkpoint, whichever is newer, and prints which. `<run>.best` is its best model on held-out
 * images.
 *
 * @throws Error if there is none of them
 */
export async function findModel(given: string, folder: string, output: Output): Promise<string> {
  if (given.trim() === '')
    throw new Error(
      `model: expected a file, the name of a run or of a pretrained model, got ${describeValue(given)}`,
    );
  const isFile = (await writtenAt(given)) !== null;
  if (!isFile && runNameProblem(given) !== null) return given;
  const pretrained = await namesOfPretrained();
  const isPretrained = pretrained.includes(given);
  if (isFile) {
    if (isPretrained) output.progress(`model ${given}: the file, not ${hidden}`);
    return given;
  }
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
  if (!newest) {
    if (!isPretrained) throw new Error(await notFound(given, weights, pretrained));
    const { path } = await pretrainedModel(given);
    output.event({ type: 'model', path });
    output.progress(`pretrained model ${given}: nvae models tells more`);
    return path;
  }
  output.event({ type: 'model', path: newest.path });
  const hasBest = (await writtenAt(join(weights, `${given}${best}${modelEnd}`))) !== null;
  const also = hasBest ? `; the best on held-out images is ${given}${best}` : '';
  output.progress(`model ${newest.path}${isPretrained ? `, not ${hidden}` : ''}${also}`);
  return newest.path;
}

/** Time when a file was written, in milliseconds since 1970; null if it does not exist. */
async function writtenAt(path: string): Promise<number | null> {
  const status = await stat(path).catch(() => null);
  return status && !status.isDirectory() ? status.mtimeMs : null;
}

async function notFound(given: string, weights: string, pretrained: readonly string[]): Promise<string> {
  const runs = new Set<string>();
  for (const entry of await readdir(weights, { withFileTypes: true }).catch(() => [])) {
    const file = entry.isDirectory() ? '' : entry.name;
    if (file.endsWith(checkpointEnd)) runs.add(file.slice(0, -checkpointEnd.length));
    else if (file.startsWith(finalPrefix) && file.endsWith(modelEnd)) {
      runs.add(file.slice(finalPrefix.length, -modelEnd.length));
    }
  }
  const names = [...runs].sort();
  const similar = nearest(given, [...names, ...pretrained]);
  const known =
    names.length > 0 ? `runs in ${weights}: ${names.join(', ')}` : `there are no runs in ${weights}`;
  const ready = `pretrained models: ${pretrained.join(', ')}`;
  const hint = similar ? ` (did you mean ${similar}?)` : '; choose another folder with --folder';
  const isFolder = (await stat(given).catch(() => null))?.isDirectory() ?? false;
  const what = isFolder ? 'is a folder, and no run or pretrained model' : 'no file, run or pretrained model';
  return `${given}: ${what} has this name; ${known}; ${ready}${hint}`;
}
