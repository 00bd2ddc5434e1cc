/** Runs a case through the public entry points, and judges the outcome. */
import { basename, dirname } from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import type { ByteSource } from '../../src/checkpoint/byteSource.js';
import { CheckpointError } from '../../src/checkpoint/checkpointError.js';
import { readModelFile } from '../../src/checkpoint/readModelFile.js';
import { withFile } from '../../src/checkpoint/withFile.js';
import { ConfigError } from '../../src/config/configError.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import { DatasetError } from '../../src/data/datasetError.js';
import * as tf from '../../src/engine/tf.js';
import { planModel } from '../../src/model/plan.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { loadModel } from '../../src/modelFiles/loadModel.js';
import { isDict, isTensor } from '../../src/pytorch/pickleValue.js';
import { torchFileFrom } from '../../src/pytorch/torchFile.js';
import { decodeImages } from '../../src/streams/images/decodeImages.js';
import { images } from '../../src/streams/images/images.js';
import { Trainer } from '../../src/training/trainer.js';
import type { Expected, Kind } from './fuzzCase.js';

export interface Verdict {
  readonly accepted: boolean;
  /** Messages that a user would read. */
  readonly messages: readonly string[];
  /** Faults of the outcome; empty for a clear rejection or a valid result. */
  readonly faults: readonly string[];
}

type Trial = (path: string) => Promise<Verdict>;

/** Runs the case at `path`. */
export async function judge(kind: Kind, path: string, expected: Expected): Promise<Verdict> {
  const before = tf.memory().numTensors;
  const { accepted, messages, faults } = await trials[kind](path);
  const left = tf.memory().numTensors - before;
  const got = accepted ? 'accepted' : 'refused';
  const more = [
    ...messages.flatMap((message) => unclear(message, kind, path)),
    ...(left === 0 ? [] : [`${left} tensors left behind`]),
    ...(expected === 'either' || expected === got ? [] : [`expected to be ${expected}, was ${got}`]),
  ];
  return { accepted, messages, faults: [...faults, ...more] };
}

const image: Trial = async (path) => {
  const warnings: string[] = [];
  const decode = decodeImages({ size: 16, onWarning: (message) => warnings.push(message) });
  try {
    const recipes = await lastValueFrom(images(dirname(path)).pipe(decode, toArray()));
    const made = await Promise.all(recipes.map((recipe) => recipe.make()));
    const damaged = made.filter((pixels) => pixels === null).length;
    const faults = damaged === warnings.length ? [] : [`${damaged} refused with ${warnings.length} warnings`];
    return { accepted: damaged === 0, messages: warnings, faults };
  } catch (error) {
    return refusal([error], DatasetError);
  }
};

const config: Trial = async (path) => {
  try {
    planModel((await loadConfig(path)).model);
    return { accepted: true, messages: [], faults: [] };
  } catch (error) {
    return refusal([error], ConfigError, RangeError);
  }
};

const checkpoint: Trial = async (path) => {
  const warnings: string[] = [];
  const errors: unknown[] = [];
  // One after the other: together they would triple the measured memory.
  const attempt = async <T>(promise: Promise<T>): Promise<T | null> => {
    try {
      return await promise;
    } catch (error) {
      errors.push(error);
      return null;
    }
  };
  await attempt(readModelFile(path));
  const loaded = await attempt(loadCheckpoint(path, { onWarning: (message) => warnings.push(message) }));
  const model = await attempt(loadModel(path));
  model?.dispose();
  if (loaded && model) {
    const trainer = await Trainer.create(loaded.config);
    await attempt(trainer.restore(loaded));
    await trainer.dispose();
  }
  if (warnings.length > 1) return { accepted: true, messages: warnings, faults: ['more than one warning'] };
  const usable = loaded !== null && (errors.length === 0 || warnings.length === 1);
  const { messages, faults } = refusal(errors, CheckpointError, RangeError);
  return { accepted: usable, messages: [...warnings, ...messages], faults };
};

const pytorch: Trial = async (path) => {
  const names = Object.getOwnPropertyNames(Object.prototype).length;
  const warnings: string[] = [];
  const errors: unknown[] = [];
  const onWarning = (message: string) => warnings.push(message);
  const attempt = async <T>(promise: Promise<T>): Promise<T | null> => {
    try {
      return await promise;
    } catch (error) {
      errors.push(error);
      return null;
    }
  };
  await attempt(withFile(path, (source) => readTensors(source, path)));
  const model = await attempt(loadModel(path, { onWarning }));
  model?.dispose();
  const loaded = await attempt(loadCheckpoint(path, { onWarning }));
  if (loaded) {
    const trainer = await Trainer.create(loaded.config);
    await attempt(trainer.restore(loaded));
    await trainer.dispose();
  }
  const { messages, faults } = refusal(errors, CheckpointError, RangeError);
  const isPolluted = Object.getOwnPropertyNames(Object.prototype).length !== names;
  return {
    accepted: errors.length === 0,
    messages: [...warnings, ...messages],
    faults: isPolluted ? [...faults, 'all objects have changed'] : faults,
  };
};

/** Reads all tensors of a PyTorch file that are not far larger than those of the run. */
async function readTensors(source: ByteSource, path: string): Promise<void> {
  const file = await torchFileFrom(source, path);
  const values = new Set([file.content]);
  for (const value of values) {
    if (isDict(value)) for (const [key, inner] of value) values.add(key).add(inner);
    else if (Array.isArray(value)) for (const inner of value) values.add(inner);
    else if (isTensor(value) && value.shape.reduce((product, size) => product * size, 1) < 1e6) {
      await (value.kind.includes('float') ? file.readFloats(value) : file.readIntegers(value));
    }
  }
}

const trials: Readonly<Record<Kind, Trial>> = { image, config, checkpoint, pytorch };

function refusal(errors: readonly unknown[], ...known: readonly { readonly name: string }[]): Verdict {
  const thrown = errors.map((error) => (error instanceof Error ? error : new Error(String(error))));
  const names = known.map(({ name }) => name);
  const others = thrown.filter((error) => !names.includes(error.name));
  const faults = others.map((error) => `expected ${names.join(' or ')}, got ${error.name}: ${error.message}`);
  return { accepted: false, messages: thrown.map((error) => error.message), faults };
}

const longest: Readonly<Record<Kind, number>> = {
  image: 500,
  config: 5000,
  checkpoint: 500,
  pytorch: 500,
};
const raw =
  /undefined|\[object |Cannot (read|set|convert)|is not (a function|iterable)|\n\s+at |call stack|Invalid (array|string|typed array) length|internal:/;

/** Reasons why a message does not help its reader. */
function unclear(message: string, kind: Kind, path: string): string[] {
  const length = message.replaceAll(dirname(path), '').length;
  // Planning a model does not know the file; the command that was given the file does.
  const name = basename(path).replace(/\p{Cc}/gu, '\uFFFD');
  const named = message.includes(name) || message.includes(dirname(path)) || isPlan(message);
  return [
    ...(message.trim() === '' ? ['an empty message'] : []),
    ...(length > longest[kind] ? [`a message of ${length} characters`] : []),
    ...(kind !== 'config' && message.includes('\n') ? ['a message of several lines'] : []),
    ...(raw.test(message) ? [`a raw message: ${message.slice(0, 200)}`] : []),
    ...(named ? [] : [`a message without the file's name: ${message.slice(0, 200)}`]),
  ];
}

function isPlan(message: string): boolean {
  return /^[\w. ]+: expected /.test(message);
}
