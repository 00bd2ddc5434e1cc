/** Selects the backend that executes tfjs in Node: once at start, or by name. */
import { chooseEngine, describeEngines } from './chooseEngine.js';
import { cpuLoader } from './cpu.js';
import type { EngineChoice, EngineInfo, EngineReport, UseEngineOptions } from './engines.js';
import { inChild } from './foreign/inChild.js';
import type { EngineLoader } from './loader.js';
import { nativeLoader } from './native/loader.js';
import { tensorflowLoader } from './tensorflow/loader.js';
import { wasmLoader } from './wasm/loader.js';
import { packageFolder } from './wasm/packageFolder.js';
import { webgpuLoader } from './webgpu/loader.js';

/** In the order in which `auto` tries them. */
const loaders: readonly EngineLoader[] = [
  inChild(tensorflowLoader()),
  inChild(webgpuLoader()),
  nativeLoader,
  wasmLoader(packageFolder),
  cpuLoader,
];

/**
 * Selects the engine that computes all tensors from now on.
 *
 * `auto` takes the first that fits: tensorflow with a GPU, webgpu on a real GPU, native, wasm. An engine requested by
 * name is used or the call fails; it is never replaced. A browser has only `webgpu`, `wasm` and `cpu`.
 *
 * Calling it again with the same name changes nothing. Another name switches the engine; dispose of existing tensors
 * first.
 *
 * @param name an engine, or `auto`
 * @param options where a browser finds the files of the engine `wasm` and the backend of `webgpu`
 * @returns the engine in use, with warnings for the user
 * @throws UnknownEngineError when no engine has that name
 * @throws EngineUnavailableError when the engine does not work here; says why and how to install it
 * @throws EngineSettingError when an environment variable of any engine has an invalid value
 * @example
 * const { name, description, warnings } = await useEngine('auto');
 * console.error(`engine ${name}: ${description}`, ...warnings);
 */
export function useEngine(name: EngineChoice = 'auto', options: UseEngineOptions = {}): Promise<EngineInfo> {
  return chooseEngine(name, loaders, options);
}

/**
 * Reports on every engine on this machine, in the order in which `auto` tries them; starts none of them.
 * @throws EngineSettingError when an environment variable of any engine has an invalid value
 * @example
 * for (const { name, usable, reason } of await listEngines()) console.log(name, usable ? 'works' : reason);
 */
export function listEngines(): Promise<EngineReport[]> {
  return describeEngines(loaders);
}
