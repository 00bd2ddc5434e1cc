/** Which backend executes tfjs: chosen once at start, or asked for by name. */

import { messageOf } from '../base/errors.js';
import { cpuLoader } from './cpu.js';
import { type EngineInfo, type EngineReport, EngineUnavailableError, UnknownEngineError } from './engines.js';
import { inChild } from './foreign/inChild.js';
import type { EngineLoader, Probe } from './loader.js';
import { nativeLoader } from './native/loader.js';
import { registerCompositeKernels } from './ops.js';
import { engineSettings } from './settings.js';
import { tensorflowLoader } from './tensorflow/loader.js';
import * as tf from './tf.js';
import { wasmLoader } from './wasm/loader.js';
import { webgpuLoader } from './webgpu/loader.js';

type Usable = Extract<Probe, { usable: true }>;

/** In the order in which `auto` takes them. */
const loaders: readonly EngineLoader[] = [
  inChild(tensorflowLoader()),
  inChild(webgpuLoader()),
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
 * Called again with the same name it changes nothing; with another name it switches, and tensors made before should be
 * disposed first.
 *
 * @throws UnknownEngineError when there is no such engine
 * @throws EngineUnavailableError when the engine does not work here; says why and how to get it
 * @throws EngineSettingError when an environment variable of the engines makes no sense, whatever the engine
 */
export function useEngine(name: string = 'auto'): Promise<EngineInfo> {
  return chooseEngine(name, loaders);
}

let inUse: EngineInfo | null = null;

/** What the last call of `useEngine` gave; null before the first. */
export function engineInUse(): EngineInfo | null {
  return inUse;
}

/** As {@link useEngine}, among the given engines. */
export async function chooseEngine(name: string, among: readonly EngineLoader[]): Promise<EngineInfo> {
  engineSettings();
  if (name === 'auto') return startBest(among);
  const loader = among.find((candidate) => candidate.name === name);
  if (!loader) throw new UnknownEngineError(String(name));
  const probe = await loader.probe();
  if (!probe.usable) throw unavailable(loader, probe.reason);
  return start(loader, probe, probe.reason ? [`engine ${name}: ${probe.reason}`] : []);
}

/**
 * What is known about every engine on this machine, in the order in which `auto` tries them; starts none of them.
 * @throws EngineSettingError when an environment variable of the engines makes no sense
 */
export function listEngines(): Promise<EngineReport[]> {
  return describeEngines(loaders);
}

/** As {@link listEngines}, for the given engines. */
export async function describeEngines(among: readonly EngineLoader[]): Promise<EngineReport[]> {
  engineSettings();
  let taken = false;
  const reports: EngineReport[] = [];
  const probes = await Promise.all(among.map(({ probe }) => probe()));
  for (const [i, { name, howToGet }] of among.entries()) {
    const found = probes[i]!;
    const chosenByAuto: boolean = !taken && found.usable && found.forAuto;
    taken ||= chosenByAuto;
    const known = found.usable ? { ...details(found), ...foreignDetails(found) } : { description: '' };
    reports.push({
      name,
      usable: found.usable,
      chosenByAuto,
      ...known,
      reason: found.reason ?? '',
      howToGet,
    });
  }
  return reports;
}

/** An engine that looks usable but does not start is passed over with a warning: nobody asked for it by name. */
async function startBest(all: readonly EngineLoader[]): Promise<EngineInfo> {
  const warnings: string[] = [];
  const among = all.filter((loader) => !loader.passedOver?.());
  const probes = among.map(({ probe }) => probe()); // at once, since some take a process of their own
  for (const probe of probes) probe.catch(() => undefined); // heard below, where it is an engine that matters
  for (const [i, loader] of among.entries()) {
    const probe = await probes[i]!;
    if (!probe.usable && probe.broken) warnings.push(`engine ${loader.name}: not used: ${probe.reason}`);
    if (!probe.usable || !probe.forAuto) continue;
    try {
      if (loader.name === 'wasm') warnings.push(...(await warnAboutWasm(among)));
      return await start(loader, probe, warnings);
    } catch (error) {
      if (!(error instanceof EngineUnavailableError)) throw error;
      warnings.push(error.message);
    }
  }
  throw new EngineUnavailableError(
    ['engine: none works here; run "nvae doctor" to see why', ...warnings].join('\n'),
  );
}

async function warnAboutWasm(among: readonly EngineLoader[]): Promise<string[]> {
  const native = among.find(({ name }) => name === 'native');
  const found = await native?.probe();
  if (!native || !found || found.usable) return [];
  return [
    `using the wasm engine, 6 to 10 times slower than native: ${found.reason}. To get native, ${native.howToGet}`,
  ];
}

async function start(loader: EngineLoader, probe: Usable, warnings: readonly string[]): Promise<EngineInfo> {
  try {
    await loader.register();
    if (loader.name !== 'native') registerCompositeKernels(loader.backendName);
    if (!(await tf.setBackend(loader.backendName))) throw new Error('tfjs could not start the backend');
    await tf.ready();
    loader.started?.(tf.backend());
  } catch (error) {
    throw unavailable(loader, messageOf(error), error);
  }
  inUse = {
    name: loader.name,
    ...details(probe),
    warnings: probe.warning ? [...warnings, probe.warning] : warnings,
  };
  return inUse;
}

function details({
  description,
  threads,
  simd,
}: Usable): Pick<EngineInfo, 'description' | 'threads' | 'simd'> {
  return {
    description,
    ...(threads !== undefined && { threads }),
    ...(simd !== undefined && { simd }),
  };
}

function foreignDetails({ library, forGpu }: Usable): Pick<EngineReport, 'library' | 'forGpu'> {
  return { ...(library && { library }), ...(forGpu && { forGpu }) };
}

function unavailable(loader: EngineLoader, reason: string, cause?: unknown): EngineUnavailableError {
  const message = `engine ${loader.name}: not usable here: ${reason}. How to get it: ${loader.howToGet}`;
  return new EngineUnavailableError(message, { cause });
}
