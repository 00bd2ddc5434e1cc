/** The engines in a browser: `webgpu`, `wasm` and `cpu`. The others need Node; asking for one by name is an error. */
import { chooseEngine, describeEngines } from './chooseEngine.js';
import { cpuLoader } from './cpu.js';
import type { EngineChoice, EngineInfo, EngineName, EngineReport, UseEngineOptions } from './engines.js';
import type { EngineLoader } from './loader.js';
import { wasmLoader } from './wasm/loader.js';
import { webgpuInBrowser } from './webgpu/browserLoader.js';

const loaders: readonly EngineLoader[] = [
  needsNode('tensorflow'),
  webgpuInBrowser,
  needsNode('native'),
  wasmLoader(null),
  cpuLoader,
];

/**
 * Selects the engine that computes all tensors from now on. `auto` chooses webgpu on a real GPU, if the page passes its
 * backend, otherwise wasm.
 *
 * @param name `webgpu`, `wasm`, `cpu` or `auto`
 * @param options where to find the files of the engine `wasm` and the backend of `webgpu`
 * @returns the engine in use, with warnings for the user
 * @throws UnknownEngineError when no engine has that name
 * @throws EngineUnavailableError when the engine does not work here
 * @example
 * await useEngine('auto', {
 *   wasmPaths: '/assets/',
 *   webgpuBackend: () => import('@tensorflow/tfjs-backend-webgpu'),
 * });
 */
export function useEngine(name: EngineChoice = 'auto', options: UseEngineOptions = {}): Promise<EngineInfo> {
  return chooseEngine(name, loaders, options);
}

/**
 * Reports on every engine in this browser; engines that need Node are listed as unusable.
 *
 * @returns one report per engine
 * @example
 * for (const { name, usable } of await listEngines()) console.log(name, usable);
 */
export function listEngines(): Promise<EngineReport[]> {
  return describeEngines(loaders);
}

function needsNode(name: EngineName): EngineLoader {
  return {
    name,
    backendName: name,
    howToGet: 'run the model in Node, or use the engine webgpu or wasm',
    passedOver: () => true,
    probe: async () => ({ usable: false, reason: 'it does not run in a browser' }),
    register: async () => undefined,
  };
}
