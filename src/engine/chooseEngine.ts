/** Chooses the engine that executes tfjs from a list: the list for Node or the list for a browser. */

import { messageOf } from '../base/errors.js';
import {
  type EngineInfo,
  type EngineReport,
  EngineUnavailableError,
  UnknownEngineError,
  type UseEngineOptions,
} from './engines.js';
import type { EngineLoader, Probe } from './loader.js';
import { registerCompositeKernels } from './ops.js';
import { engineSettings } from './settings.js';
import * as tf from './tf.js';

type Usable = Extract<Probe, { usable: true }>;

let inUse: EngineInfo | null = null;

/**
 * Returns the engine selected by the last call of `useEngine`; null before the first call.
 * @example
 * console.log(engineInUse()?.description); // AVX-512, 2 threads
 */
export function engineInUse(): EngineInfo | null {
  return inUse;
}

/** `useEngine` for the given engines, which are in the order in which `auto` tries them. */
export async function chooseEngine(
  name: string,
  among: readonly EngineLoader[],
  options: UseEngineOptions = {},
): Promise<EngineInfo> {
  engineSettings();
  if (name === 'auto') return startBest(among, options);
  const loader = among.find((candidate) => candidate.name === name);
  if (!loader) throw new UnknownEngineError(String(name));
  const probe = await loader.probe(options);
  if (!probe.usable) throw unavailable(loader, probe.reason);
  return start(loader, probe, probe.reason ? [`engine ${name}: ${probe.reason}`] : [], options);
}

/** `listEngines` for the given engines. */
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

/** Starts the best engine. Skips an engine that looks usable but does not start and adds a warning: the user did not name it. */
async function startBest(all: readonly EngineLoader[], options: UseEngineOptions): Promise<EngineInfo> {
  const warnings: string[] = [];
  const among = all.filter((loader) => !loader.passedOver?.());
  const probes = among.map(({ probe }) => probe(options)); // in parallel, since some start their own process
  for (const probe of probes) probe.catch(() => undefined); // rejections are handled below, if the engine matters
  for (const [i, loader] of among.entries()) {
    const probe = await probes[i]!;
    if (!probe.usable && probe.broken) warnings.push(`engine ${loader.name}: not used: ${probe.reason}`);
    if (!probe.usable || !probe.forAuto) continue;
    try {
      if (loader.name === 'wasm') warnings.push(...(await warnAboutWasm(among)));
      return await start(loader, probe, warnings, options);
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

async function start(
  loader: EngineLoader,
  probe: Usable,
  warnings: readonly string[],
  options: UseEngineOptions,
): Promise<EngineInfo> {
  try {
    await loader.register(options);
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
