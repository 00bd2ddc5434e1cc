/** `nvae export`: writes a model or a checkpoint as a PyTorch file, with its configuration beside it, or as a model of our own format. */
import { rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { fileExists } from '../../checkpoint/checkpointExists.js';
import { checkpointFrom } from '../../checkpoint/checkpointFrom.js';
import type { FileKind, ModelFile } from '../../checkpoint/modelContent.js';
import type { ModelDtype } from '../../checkpoint/modelDtype.js';
import { saveModel } from '../../checkpoint/saveModel.js';
import { type WeightSet, weightsKey } from '../../checkpoint/weightSets.js';
import { writeOrRefuse } from '../../checkpoint/writeOrRefuse.js';
import { writePieces } from '../../checkpoint/writePieces.js';
import { formatConfig } from '../../config/formatConfig.js';
import { loadConfig } from '../../config/loadConfig.js';
import type { ModelConfig, NvaeConfig } from '../../config/types.js';
import { parameterCount, planModel } from '../../model/plan.js';
import { readAnyModelFile } from '../../modelFiles/readAnyModelFile.js';
import { saveTorchCheckpoint } from '../../modelFiles/torch/saveTorchCheckpoint.js';
import { saveTorchModel } from '../../modelFiles/torch/saveTorchModel.js';
import { torchLayout } from '../../modelFiles/torch/torchLayout.js';
import { torchOmissions } from '../../modelFiles/torch/torchOmissions.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { findModel } from '../sampling/findModel.js';
import { createOutput, type Output } from '../terminal/output.js';

interface ExportOptions extends CommonOptions {
  readonly config?: string;
  readonly out?: string;
  readonly format?: 'pytorch' | 'rx-nvae';
  readonly dtype?: ModelDtype;
  /** The option `--weights`, which may come without a set. */
  readonly weights?: boolean | WeightSet;
  readonly folder: string;
}

/** The PyTorch implementation tells its files apart by these. */
const extensions = { checkpoint: '.checkpoint', model: '.model' } as const;

export async function exportFile(model: string, options: ExportOptions): Promise<void> {
  const output = createOutput(options);
  const begin = performance.now();
  const { out, dtype, format = dtype ? 'rx-nvae' : 'pytorch', weights: given } = options;
  const weightsOnly = (given ?? false) !== false || format === 'rx-nvae';
  const weights = typeof given === 'string' ? given : undefined;
  if (out !== undefined) await checkOut(out);
  const source = await findModel(model, options.folder, output);
  const { config: name } = options;
  const needs = {
    weightsOnly,
    weights,
    onWarning: output.warning,
    ...(name !== undefined && { config: name }),
  };
  const file = await readAnyModelFile(source, needs);
  const kind = !weightsOnly && file.kind === 'checkpoint' ? 'checkpoint' : 'model';
  const path = out ?? join(options.folder, 'exported', nameFor(source, kind));
  checkExtension(path, kind, source);
  await checkFree(path);
  if (format === 'rx-nvae') await exportOwn(path, file, dtype ?? 'float32', begin, output);
  else await exportTorch(path, source, file, kind, begin, output);
}

/** Writes a model of our own format, which contains its configuration. */
async function exportOwn(
  path: string,
  file: ModelFile,
  dtype: ModelDtype,
  begin: number,
  output: Output,
): Promise<void> {
  await saveModel(path, file, { dtype });
  const { size: bytes } = await stat(path);
  const { name, model } = file.config;
  const about = { format: 'rx-nvae', path, kind: 'model', dtype, bytes, ...sizeOf(model) };
  const seconds = (performance.now() - begin) / 1000;
  output.progress(
    `exported a model of ${name} in ${dtype}: ${about.tensors} tensors, ${about.parameters} parameters, ${(bytes / 1e6).toFixed(2)} MB; ${seconds.toFixed(1)} s`,
  );
  output.result({ type: 'export', ...about, seconds }, path);
}

function sizeOf(model: ModelConfig) {
  return { tensors: torchLayout(model).length, parameters: parameterCount(planModel(model)) };
}

/** Writes a PyTorch file and the configuration beside it. */
async function exportTorch(
  path: string,
  source: string,
  file: ModelFile,
  kind: FileKind,
  begin: number,
  output: Output,
): Promise<void> {
  const { config } = file;
  const configuration = join(dirname(path), `${config.name}.yaml`);
  const position = await write(path, configuration, file, kind);
  const omissions = kind === 'checkpoint' ? torchOmissions(checkpointFrom(file, source)) : [];
  for (const omission of omissions) output.warning(`${path}: ${omission}`);
  const { tensors, parameters } = sizeOf(config.model);
  const seconds = (performance.now() - begin) / 1000;
  const set = file.metadata.get(weightsKey) === 'ema' ? ' (weights ema)' : '';
  output.progress(
    `exported a ${kind} of ${config.name}${set}: ${tensors} tensors, ${parameters} parameters; ${seconds.toFixed(1)} s`,
  );
  output.progress(
    `for the PyTorch implementation, put ${basename(path)} into its saved_weights and ${basename(configuration)} into its model_configs`,
  );
  const about = { format: 'pytorch', path, configuration, kind, tensors, parameters, ...position };
  output.result({ type: 'export', ...about, omissions, seconds }, `${path}\n${configuration}`);
}

function nameFor(source: string, kind: FileKind): string {
  return basename(source, extname(source)) + extensions[kind];
}

/** Checks what can be checked before anything is read. */
async function checkOut(out: string): Promise<void> {
  if (out === '') throw new Error('--out: the path is empty; give a file');
  if (!Object.values<string>(extensions).includes(extname(out))) {
    const got = extname(out) || 'no extension';
    throw new Error(
      `--out: expected a .checkpoint or a .model, as the PyTorch implementation needs it (got ${got})`,
    );
  }
  await checkFree(out);
}

function checkExtension(path: string, kind: FileKind, source: string): void {
  if (extname(path) === extensions[kind]) return;
  const remedy =
    kind === 'checkpoint'
      ? 'name a .checkpoint, or add --weights to write only its weights as a .model'
      : 'name a .model';
  throw new Error(`--out: ${source} is exported as a ${kind}; ${remedy} (got ${extname(path)})`);
}

/** @throws CheckpointError when there is a file of this name: it may be a run's own checkpoint */
async function checkFree(path: string): Promise<void> {
  if (!(await fileExists(path))) return;
  throw new CheckpointError(path, 'exists; move it away, or write to another file with --out');
}

/** Writes both files or none. A file with the same configuration stays as it is. */
async function write(path: string, configuration: string, file: ModelFile, kind: FileKind): Promise<object> {
  const isNew = !(await hasConfig(configuration, file.config));
  if (isNew) {
    const text = new TextEncoder().encode(formatConfig(file.config));
    await writeOrRefuse(configuration, (handle) => writePieces(handle, [text]));
  }
  try {
    if (kind === 'model') {
      await saveTorchModel(path, file);
      return {};
    }
    const checkpoint = checkpointFrom(file, path);
    await saveTorchCheckpoint(path, checkpoint);
    return checkpoint.state.position;
  } catch (error) {
    if (isNew) await rm(configuration, { force: true });
    throw error;
  }
}

/** @throws CheckpointError when there is a file with another configuration */
async function hasConfig(path: string, config: NvaeConfig): Promise<boolean> {
  if (!(await fileExists(path))) return false;
  const there = await loadConfig(path).catch(() => null);
  if (isDeepStrictEqual(there, config)) return true;
  throw new CheckpointError(
    path,
    'exists with another configuration; move it away, or name another folder with --out',
  );
}
