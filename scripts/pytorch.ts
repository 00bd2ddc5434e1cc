/**
 * Exchanges files with a real PyTorch: `npm run pytorch`. NVAE_PYTHON is the Python to use, `python3` by default; it needs PyTorch
 * and safetensors.
 *
 * 1. PyTorch loads what we export: `weights_only=True`, `strict=True`, also mapped into memory, then its optimiser and its schedule.
 * 2. PyTorch writes files of every kind, and we read the same values.
 * 3. PyTorch loads what we export from those.
 * 4. Python's safetensors reads models of our own format; PyTorch rounds to the same bfloat16 values.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { describeValue } from '../src/base/messageText.js';
import type { Checkpoint } from '../src/checkpoint/checkpointContent.js';
import { checkpointFrom } from '../src/checkpoint/checkpointFrom.js';
import { saveModel } from '../src/checkpoint/saveModel.js';
import { loadConfig } from '../src/config/loadConfig.js';
import type { NvaeConfig } from '../src/config/types.js';
import { useEngine } from '../src/engine/index.js';
import { readAnyModelFile } from '../src/modelFiles/readAnyModelFile.js';
import { saveTorchCheckpoint } from '../src/modelFiles/torch/saveTorchCheckpoint.js';
import { saveTorchModel } from '../src/modelFiles/torch/saveTorchModel.js';
import { torchLayout } from '../src/modelFiles/torch/torchLayout.js';
import { digests, listed, type ManifestEntry, manifestEntry } from './pytorch/manifest.js';
import { trainedCheckpoints } from './pytorch/trainedCheckpoints.js';

const here = dirname(fileURLToPath(import.meta.url));
const recorded = join(here, '../../shared/pytorch');
const folder = mkdtempSync(join(tmpdir(), 'nvae-pytorch-'));

try {
  await useEngine();
  const [ours, again] = ['ours', 'again'].map((name) => join(folder, name)) as [string, string];
  const template = await exportTrained(ours);
  python('load', ours);
  python('save', ours);
  await exportWritten(join(ours, 'written'), again, template);
  python('load', again);
  python('own', join(ours, 'own'));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** Exports runs of our own; returns the configuration of the one that PyTorch takes as a template. */
async function exportTrained(into: string): Promise<NvaeConfig> {
  const entries: ManifestEntry[] = [];
  let template: NvaeConfig | null = null;
  for await (const checkpoint of trainedCheckpoints()) {
    const isTemplate = checkpoint.config.name === 'flows';
    const [model, run] = await exportBoth(into, checkpoint.config.name, checkpoint);
    for (const dtype of ['float32', 'bfloat16'] as const)
      await saveModel(join(into, 'own', `${checkpoint.config.name}.${dtype}`), checkpoint, { dtype });
    entries.push({ ...model, template: isTemplate }, run);
    if (isTemplate) template = checkpoint.config;
  }
  if (!template) throw new Error('internal: no run to take as a template');
  writeManifest(into, entries);
  return template;
}

/** Reads what PyTorch has written, and files of the PyTorch implementation if they are here, and exports them. */
async function exportWritten(from: string, into: string, template: NvaeConfig): Promise<void> {
  const entries: ManifestEntry[] = [];
  for (const entry of readManifest(from)) {
    const checkpoint = await readWritten(join(from, entry.file), entry, template);
    console.log(`we read ${entry.file}`);
    if (checkpoint)
      entries.push(...(await exportBoth(into, entry.file.replace('.checkpoint', ''), checkpoint)));
  }
  for (const [name, file] of [
    ['plain', 'plain.checkpoint'],
    ['flows', 'gpu.checkpoint'],
  ] as const) {
    const recordedCase = join(recorded, name);
    if (!existsSync(recordedCase)) continue;
    const config = { ...(await loadConfig(join(recordedCase, 'config.yaml'))), name };
    const path = join(recordedCase, file);
    const checkpoint = checkpointFrom(await readAnyModelFile(path, { config }), path);
    const expected = JSON.parse(readFileSync(join(recordedCase, 'expected.json'), 'utf8'));
    for (const entry of await exportBoth(into, `recorded_${name}`, checkpoint)) {
      entries.push({ ...entry, state_dict: expected.state_dict });
    }
  }
  writeManifest(into, entries);
}

/** Exports a model and a checkpoint. */
async function exportBoth(
  into: string,
  name: string,
  checkpoint: Checkpoint,
): Promise<[ManifestEntry, ManifestEntry]> {
  await saveTorchModel(join(into, `${name}.model`), checkpoint);
  await saveTorchCheckpoint(join(into, `${name}.checkpoint`), checkpoint);
  const order = torchLayout(checkpoint.config.model).map((entry) => entry.name);
  return [
    manifestEntry(`${name}.model`, 'model', checkpoint, order),
    manifestEntry(`${name}.checkpoint`, 'checkpoint', checkpoint, order),
  ];
}

/** Reads a file that PyTorch has written, and compares every value; returns the checkpoint if it is one. */
async function readWritten(
  path: string,
  entry: ManifestEntry,
  config: NvaeConfig,
): Promise<Checkpoint | null> {
  const read = await readAnyModelFile(path, { config });
  expectSame(`${path}: kind`, read.kind, entry.kind);
  const names = entry.state_dict.map(([name]) => name);
  for (const [i, tensor] of listed(read, names).entries()) expectSame(path, tensor, entry.state_dict[i]);
  if (read.kind !== 'checkpoint') return null;
  const checkpoint = checkpointFrom(read, path);
  const { state, dataPosition } = checkpoint;
  expectSame(`${path}: step`, state.optimizerUpdates, entry.step);
  expectSame(`${path}: seen_images`, state.position.imagesSeen, entry.seen_images);
  expectSame(`${path}: epoch`, dataPosition, { epoch: entry.epoch, imagesTaken: 0 });
  expectSame(`${path}: exp_avg`, digests(read, 'adamax.momentum.'), entry.exp_avg);
  expectSame(`${path}: exp_inf`, digests(read, 'adamax.maximum.'), entry.exp_inf);
  return checkpoint;
}

function expectSame(what: string, got: unknown, expected: unknown): void {
  if (isDeepStrictEqual(got, expected)) return;
  throw new Error(`${what}: expected ${describeValue(expected)}, got ${describeValue(got)}`);
}

function readManifest(from: string): ManifestEntry[] {
  return JSON.parse(readFileSync(join(from, 'manifest.json'), 'utf8')) as ManifestEntry[];
}

function writeManifest(into: string, entries: readonly ManifestEntry[]): void {
  writeFileSync(join(into, 'manifest.json'), JSON.stringify(entries));
}

/** @throws Error when the program fails, which has said why */
function python(command: 'load' | 'save' | 'own', path: string): void {
  const { NVAE_PYTHON: program = 'python3' } = process.env;
  const { status, error } = spawnSync(program, [join(here, 'pytorch/pytorch.py'), command, path], {
    stdio: 'inherit',
  });
  if (status !== 0) throw error ?? new Error(`${program}: failed with exit code ${status}`);
}
