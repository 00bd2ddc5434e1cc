/** Compares the files of a PyTorch case, each in turn, with what they must contain, and with what the model makes of it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import type { NamedTensors, TensorData } from '../../src/base/plainData.js';
import { sourceOf } from '../../src/checkpoint/byteSource.js';
import type { Checkpoint } from '../../src/checkpoint/checkpointContent.js';
import { checkpointFrom } from '../../src/checkpoint/checkpointFrom.js';
import { readSafetensors } from '../../src/checkpoint/readSafetensors.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';
import * as tf from '../../src/engine/tf.js';
import { logLikelihood } from '../../src/model/losses.js';
import { Nvae } from '../../src/model/nvae.js';
import { readAnyModelFile } from '../../src/modelFiles/readAnyModelFile.js';
import { fromTorch } from '../../src/modelFiles/torch/fromTorch.js';
import { toTorchCheckpoint } from '../../src/modelFiles/torch/toTorch.js';
import { isDict, isTensor, type PickleValue } from '../../src/pytorch/pickleValue.js';
import { torchFileFrom } from '../../src/pytorch/torchFile.js';
import { torchFilePieces } from '../../src/pytorch/torchFilePieces.js';
import { Adamax } from '../../src/training/adamax.js';
import { optimizerStep } from '../../src/training/optimizerStep.js';
import type { Float64Check, NoiseDraw, StepScalars } from './case.js';
import { compareState } from './compareState.js';
import { image, imageValues, replay } from './replay.js';
import { type CaseReport, Report } from './report.js';

/** expected.json of a case. */
interface TorchReference {
  readonly files: readonly { readonly file: string; readonly same_content: boolean }[];
  readonly content: {
    readonly epoch: number;
    readonly seen_images: number;
    readonly optimizer_step: number;
  } & Readonly<Record<string, unknown>>;
  readonly state_dict: readonly (readonly [
    name: string,
    dtype: string,
    shape: readonly number[],
    sha256: string,
  ])[];
  readonly noise: Readonly<Record<string, readonly NoiseDraw[]>>;
  readonly next_step: StepScalars & { readonly epoch: number; readonly learning_rate: number };
  readonly sampling: { readonly samples: number; readonly temperature: number };
  readonly float64_check?: Float64Check;
}

interface Case {
  readonly folder: string;
  readonly config: NvaeConfig;
  readonly reference: TorchReference;
  readonly tensors: NamedTensors;
  readonly report: Report;
}

/** Yields a report for each file; those that expected.json does not list count as files with the same content. */
export async function* compareTorch(folder: string): AsyncGenerator<CaseReport> {
  const reference = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as TorchReference;
  const { tensors } = await readSafetensors(join(folder, 'expected.safetensors'));
  const config = await loadConfig(join(folder, 'config.yaml'));
  const files = readdirSync(folder).filter((file) => ['.model', '.checkpoint'].includes(extname(file)));
  if (files.length === 0) throw new RangeError(`${folder}: expected .model or .checkpoint files, got none`);
  const roundings = { ...reference.float64_check?.tensors, ...reference.float64_check?.scalars };
  for (const file of files.sort()) {
    const current = { folder, config, reference, tensors, report: new Report(tensors, roundings) };
    const sameContent = reference.files.find((listed) => listed.file === file)?.same_content ?? true;
    await compareFile(current, file, sameContent);
    yield current.report.result(`${basename(resolve(folder))}/${file}`);
  }
}

async function compareFile(current: Case, file: string, sameContent: boolean): Promise<void> {
  const path = join(current.folder, file);
  const read = await readAnyModelFile(path, { config: current.config });
  if (!sameContent) {
    compareRounded(current, read.tensors);
    return;
  }
  compareWeights(current, read.tensors, 'weights');
  const checkpoint = read.kind === 'checkpoint' ? checkpointFrom(read, path) : null;
  if (checkpoint) {
    compareRun(current, checkpoint, 'state');
    await compareExport(current, checkpoint);
  }
  const model = Nvae.fromTensors(current.config.model, read.tensors);
  try {
    await compareForward(current, model, 'eval', 'eval');
    await compareSample(current, model);
    await compareForward(current, model, 'train', 'out');
    if (checkpoint) await compareStep(current, model, checkpoint);
  } finally {
    model.dispose();
  }
}

/** Weights in half precision: every value is the recorded one, rounded to float16. */
function compareRounded({ tensors, reference, report }: Case, got: NamedTensors): void {
  for (const [name, dtype] of reference.state_dict) {
    const { shape, data } = recordedTensor(tensors, `param.${name}`);
    const values = dtype === 'float32' ? Array.from(data, roundedToHalf) : [...data];
    const tensor = got.get(name);
    const same =
      tensor?.shape.join() === shape.join() && values.every((value, i) => value === tensor.data[i]);
    report.exact('weights in half precision', name, same);
  }
}

/** The nearest float16; of two equally near ones, the one whose last bit is 0. */
function roundedToHalf(value: number): number {
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
  const steps = value / step;
  const down = Math.floor(steps);
  const up = steps - down > 0.5 || (steps - down === 0.5 && down % 2 !== 0);
  return (up ? down + 1 : down) * step;
}

/** Compares the bytes of all weights and buffers, as PyTorch has them. */
function compareWeights({ reference, report }: Case, got: NamedTensors, quantity: string): void {
  for (const [name, dtype, shape, sha256] of reference.state_dict) {
    const tensor = got.get(name);
    const values = tensor && (dtype === 'int64' ? BigInt64Array.from(tensor.data, BigInt) : tensor.data);
    const bytes = new Uint8Array(values?.buffer ?? new ArrayBuffer(), values?.byteOffset, values?.byteLength);
    const hash = createHash('sha256').update(bytes).digest('hex');
    report.exact(quantity, name, hash === sha256 && tensor?.shape.join() === shape.join());
  }
  const others = [...got.keys()].filter((name) => !name.startsWith('adamax.'));
  report.exact(quantity, 'number of tensors', others.length === reference.state_dict.length);
}

/** Compares the state of the optimiser and the counters, exactly. */
function compareRun({ reference, tensors, report }: Case, checkpoint: Checkpoint, quantity: string): void {
  const { epoch, seen_images: seen, optimizer_step: step } = reference.content;
  const { position, optimizerUpdates } = checkpoint.state;
  report.exact(quantity, 'step', optimizerUpdates === step);
  report.exact(quantity, 'epoch', position.epoch === epoch && checkpoint.dataPosition?.epoch === epoch);
  report.exact(quantity, 'seen_images', position.imagesSeen === seen);
  for (const [slot, there] of [
    ['adamax.momentum.', 'optimizer.exp_avg.'],
    ['adamax.maximum.', 'optimizer.exp_inf.'],
  ] as const) {
    const names = [...tensors.keys()].filter((name) => name.startsWith(there));
    for (const name of names) {
      const got = checkpoint.tensors.get(slot + name.slice(there.length));
      report.exact(quantity, name, got !== undefined && isSame(got, recordedTensor(tensors, name)));
    }
  }
}

/** Writes the checkpoint for PyTorch again, and compares what is read from that, also the plain values. */
async function compareExport(current: Case, checkpoint: Checkpoint): Promise<void> {
  const { config, reference, report } = current;
  const name = 'exported';
  const pieces = [...torchFilePieces(toTorchCheckpoint(checkpoint, name), name)].map((piece) =>
    piece.slice(),
  );
  const file = await torchFileFrom(sourceOf(new Uint8Array(Buffer.concat(pieces))), name);
  const read = await fromTorch(file, name, { configOf: () => config });
  compareWeights(current, read.tensors, 'exported again');
  compareRun(current, checkpointFrom(read, name), 'exported again');
  // The names of paths are those of the run, which a copy of the folder may have changed.
  const { optimizer_step, log_dir, model_arch, ...plain } = reference.content;
  const all = flat(plain);
  const written = new Map([...flat(file.content), ...flat(entryOf(file.content, 'optimizer'))]);
  for (const [path, expected] of all) {
    const got = written.get(path);
    if (typeof expected === 'number') report.values('exported again', path, [Number(got)], [expected]);
    else report.exact('exported again', path, got === expected);
  }
}

async function compareForward(
  current: Case,
  model: Nvae,
  mode: 'eval' | 'train',
  prefix: string,
): Promise<void> {
  const { tensors, reference, report } = current;
  const images = image(tensors, 'input.x');
  const noise = replay(tensors, reference.noise[mode] ?? []);
  const { parameters, kl, logP } = tf.tidy(() => {
    const made = model.forward(images, noise, mode);
    return { ...made, logP: logLikelihood(model.output(made.parameters).logProb(images)) };
  });
  report.tensor(`${mode} pass`, `${prefix}.params`, await imageValues(parameters));
  report.tensor(`${mode} pass`, `${prefix}.kl`, await kl.data());
  report.tensor(`${mode} pass`, `${prefix}.log_p`, await logP.data());
  tf.dispose([images, parameters, kl, logP]);
}

async function compareSample({ reference, tensors, report }: Case, model: Nvae): Promise<void> {
  const { samples, temperature } = reference.sampling;
  const noise = replay(tensors, reference.noise.sample ?? []);
  const images = model.sample(samples, temperature, noise, 'mean');
  report.tensor('samples', 'sample.mean', await imageValues(images));
  images.dispose();
}

/** The step that follows in the run. */
async function compareStep(
  { config, reference, tensors, report }: Case,
  model: Nvae,
  { tensors: given, state }: Checkpoint,
): Promise<void> {
  const optimizer = new Adamax(model.store);
  const images = image(tensors, 'input.x');
  try {
    optimizer.load(given, state.optimizerUpdates);
    const noise = replay(tensors, [...(reference.noise.train ?? []), ...(reference.noise.reg ?? [])]);
    const { epoch, step } = state.position;
    const batch = { count: images.shape[0], images: () => tf.clone(images), noise };
    const options = { step, epoch, training: config.training };
    const result = await optimizerStep(model, optimizer, [batch], options);
    const expected = reference.next_step;
    report.scalar('next step', 'learning_rate', result.learningRate, expected.learning_rate);
    report.scalar('next step', 'total', result.loss, expected.total);
    report.scalar('next step', 'neg_log_p_mean', result.reconstructionLoss, expected.neg_log_p_mean);
    report.scalar('next step', 'kl_balanced_mean', result.balancedKl, expected.kl_balanced_mean);
    report.scalar('next step', 'kl_coefficient', result.klCoefficient, expected.kl_coefficient);
    report.scalar('next step', 'regularization', result.regularization, expected.regularization);
    report.scalar('next step', 'gradient_norm', result.gradientNorm, expected.gradient_norm);
    report.scalar('next step', 'clip_factor', result.clipFactor, expected.clip_factor);
    for (const [name, { data }] of await model.store.tensors()) {
      compareState(report, 'param_after1.', name, data, 'weights after the next step');
    }
  } finally {
    images.dispose();
    optimizer.dispose();
  }
}

function recordedTensor(tensors: NamedTensors, name: string): TensorData {
  const tensor = tensors.get(name);
  if (!tensor) throw new RangeError(`${name}: expected a recorded tensor, got nothing`);
  return tensor;
}

/** Whether two tensors have the same shape and the same bits. */
function isSame(a: TensorData, b: TensorData): boolean {
  const bytes = ({ data }: TensorData) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return a.shape.join() === b.shape.join() && bytes(a).equals(bytes(b));
}

function entryOf(content: PickleValue, key: string): PickleValue {
  return (isDict(content) ? content.get(key) : undefined) ?? null;
}

/** The plain values in nested dicts and lists by their paths; tensors are left out. */
function flat(value: unknown, path = ''): Map<string, unknown> {
  if (isTensor(value as PickleValue)) return new Map();
  if (typeof value !== 'object' || value === null) return new Map([[path, value]]);
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  return new Map([...entries].flatMap(([key, inner]) => [...flat(inner, `${path}/${String(key)}`)]));
}
