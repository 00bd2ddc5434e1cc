/** Which backend executes tfjs: chosen once at start, or asked for by name. */
import { cpuLoader } from './cpu.js';
import {
  type EngineInfo,
  type EngineName,
  type EngineReport,
  EngineUnavailableError,
  engineNames,
} from './engines.js';
import type { EngineLoader, Probe } from './loader.js';
import { messageOf } from './loader.js';
import { nativeLoader } from './native/loader.js';
import { registerCompositeKernels } from './ops.js';
import { tensorflowLoader } from './tensorflow.js';
import * as tf from './tf.js';
import { wasmLoader } from './wasm/loader.js';
import { webgpuLoader } from './webgpu.js';

/** In the order in which `auto` takes them. */
const loaders: readonly EngineLoader[] = [
  tensorflowLoader(),
  webgpuLoader,
  nativeLoader,
  wasmLoader,
  cpuLoader,
];

/**
 * Makes an engine the one that all tensors are computed on from now on.
 *
 * `auto` takes the first that fits: tensorflow with a GPU, webgpu on a real GPU, native, wasm. An engine that is asked for by
 * name is used or refused, never replaced.
 *
 * @throws RangeError for an unknown name
 * @throws EngineUnavailableError when the engine does not work here; says why and how to get it
 */
export async function useEngine(name: string = 'auto'): Promise<EngineInfo> {
  if (name === 'auto') return useBestEngine();
  const loader = loaders.find((candidate) => candidate.name === name);
  if (!loader) throw new RangeError(`engine: expected auto, ${engineNames.join(', ')}, got "${name}"`);
  const probe = await loader.probe();
  if (!probe.usable) throw unavailable(loader, probe.reason);
  return start(loader, probe, []);
}

/** What is known about every engine on this machine, in the order in which `auto` tries them. */
export async function listEngines(): Promise<EngineReport[]> {
  let taken = false;
  const reports: EngineReport[] = [];
  for (const loader of loaders) {
    const probe = await loader.probe();
    const chosenByAuto: boolean = !taken && probe.usable && probe.forAuto;
    taken ||= chosenByAuto;
    reports.push({
      name: loader.name,
      usable: probe.usable,
      chosenByAuto,
      description: probe.usable ? probe.description : '',
      reason: probe.usable ? '' : probe.reason,
      howToGet: loader.howToGet,
    });
  }
  return reports;
}

async function useBestEngine(): Promise<EngineInfo> {
  for (const loader of loaders) {
    const probe = await loader.probe();
    if (!probe.usable || !probe.forAuto) continue;
    return start(loader, probe, loader.name === 'wasm' ? await warnAboutWasm() : []);
  }
  throw new EngineUnavailableError('engine: none works here; run "nvae doctor" to see why');
}

async function warnAboutWasm(): Promise<string[]> {
  const native = await nativeLoader.probe();
  const why = native.usable ? '' : ` (${native.reason})`;
  return [`using the slow wasm engine, because the native one is not usable${why}`];
}

async function start(
  loader: EngineLoader,
  probe: Extract<Probe, { usable: true }>,
  warnings: string[],
): Promise<EngineInfo> {
  try {
    await loader.register();
    if (loader.name !== 'native') registerCompositeKernels(loader.backendName);
    if (!(await tf.setBackend(loader.backendName))) throw new Error('tfjs could not start the backend');
    await tf.ready();
  } catch (error) {
    throw unavailable(loader, messageOf(error), error);
  }
  const { description, threads, simd } = probe;
  return {
    name: loader.name as EngineName,
    description,
    ...(threads !== undefined && { threads }),
    ...(simd !== undefined && { simd }),
    warnings,
  };
}

function unavailable(loader: EngineLoader, reason: string, cause?: unknown): EngineUnavailableError {
  const message = `engine ${loader.name}: not usable here: ${reason}. How to get it: ${loader.howToGet}`;
  return new EngineUnavailableError(message, { cause });
}
