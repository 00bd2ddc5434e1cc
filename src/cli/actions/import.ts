/** `nvae import`: converts a file of the PyTorch implementation to our format. */
import { basename, dirname, join } from 'node:path';
import { previousPath } from '../../checkpoint/atomicWrite.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { fileExists } from '../../checkpoint/checkpointExists.js';
import { checkpointFrom } from '../../checkpoint/checkpointFrom.js';
import { lockRun } from '../../checkpoint/lock/lockRun.js';
import { writeModelFile } from '../../checkpoint/writeModelFile.js';
import { withRunName } from '../../config/runName.js';
import { parameterCount, planModel } from '../../model/plan.js';
import type { ConvertedFile } from '../../modelFiles/torch/fromTorch.js';
import { readTorchFile } from '../../modelFiles/torch/readTorchFile.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { createOutput } from '../terminal/output.js';

interface ImportOptions extends CommonOptions {
  readonly config?: string;
  readonly out?: string;
  readonly weights?: boolean;
  readonly folder: string;
}

const checkpointEnd = '.checkpoint';

export async function importFile(file: string, options: ImportOptions): Promise<void> {
  const output = createOutput(options);
  const begin = performance.now();
  const { out } = options;
  if (out === '') throw new Error('--out: the path is empty; give a file');
  if (out !== undefined) await checkFree(out);
  const { file: converted, configuration } = await readTorchFile(file, {
    weightsOnly: options.weights === true,
    onWarning: output.warning,
    ...(options.config !== undefined && { config: options.config }),
    ...(options.seed !== undefined && { seed: options.seed }),
  });
  const { config, kind } = converted;
  const path = out ?? join(options.folder, 'saved_weights', fileName(kind, withRunName(config).name));
  await write(path, converted);
  const seconds = (performance.now() - begin) / 1000;
  const position = kind === 'checkpoint' ? checkpointFrom(converted, file).state.position : null;
  const next = nextCommand(path, position !== null, configuration ?? config.name, config.name);
  const tensors = [...converted.tensors.keys()].filter((name) => !name.startsWith('adamax.')).length;
  const parameters = parameterCount(planModel(config.model));
  const done =
    position && `${position.epoch} epochs, ${position.imagesSeen} images seen, ${position.step} steps`;
  output.progress(
    `imported a ${kind} of ${config.name}: ${tensors} tensors, ${parameters} parameters${done ? `; ${done}` : ''}; ${seconds.toFixed(1)} s`,
  );
  output.progress(`next: ${next}`);
  const about = { path, kind, configuration, tensors, parameters, ...position };
  output.result({ type: 'import', ...about, seconds, next }, path);
}

function fileName(kind: string, name: string): string {
  return kind === 'checkpoint' ? `${name}${checkpointEnd}` : `final_result_${name}.model`;
}

/** Writes a new file. A run of that name must not be training meanwhile: it would replace the file. */
async function write(path: string, { metadata, ...file }: ConvertedFile): Promise<void> {
  await checkFree(path);
  const run = basename(path).endsWith(checkpointEnd) ? path.slice(0, -checkpointEnd.length) : null;
  const lock = run === null ? null : await lockRun(`${run}.lock`);
  try {
    const content = { ...file, metadata: Object.fromEntries(metadata) };
    await writeModelFile(path, content, { guard: () => checkFree(path) });
  } finally {
    await lock?.release();
  }
}

/** @throws CheckpointError when there is a file of this name, or the previous one of a run that has lost its checkpoint */
async function checkFree(path: string): Promise<void> {
  for (const there of [path, previousPath(path)]) {
    if (!(await fileExists(there))) continue;
    throw new CheckpointError(there, 'exists; move it away, or write to another file with --out');
  }
}

/** What a user most likely does next, as a command line. */
function nextCommand(path: string, isCheckpoint: boolean, configuration: string, name: string): string {
  const folder = dirname(path);
  if (!isCheckpoint || basename(folder) !== 'saved_weights' || !path.endsWith(checkpointEnd)) {
    return `nvae sample ${quoted(path)} 0.7`;
  }
  const run = basename(path, checkpointEnd);
  const parts = ['nvae train', quoted(configuration)];
  if (run !== name) parts.push('--name', quoted(run));
  if (dirname(folder) !== '.') parts.push('--folder', quoted(dirname(folder)));
  return parts.join(' ');
}

/** A word for a shell. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
