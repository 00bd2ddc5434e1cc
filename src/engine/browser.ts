/** The engines of a browser: `wasm` and `cpu`. The others need Node, and are refused by name. */
import { chooseEngine, describeEngines } from './chooseEngine.js';
import { cpuLoader } from './cpu.js';
import type { EngineChoice, EngineInfo, EngineName, EngineReport, UseEngineOptions } from './engines.js';
import type { EngineLoader } from './loader.js';
import { wasmLoader } from './wasm/loader.js';

const loaders: readonly EngineLoader[] = [
  needsNode('tensorflow'),
  needsNode('webgpu'),
  needsNode('native'),
  wasmLoader(null),
  cpuLoader,
];

/**
 * Makes an engine the one that all tensors are computed on from now on. `auto` chooses wasm.
 *
 * @param name `wasm`, `cpu` or `auto`
 * @param options where the files of the engine `wasm` are
 * @returns the engine in use, with warnings for people
 * @throws UnknownEngineError when there is no such engine
 * @throws EngineUnavailableError when the engine does not work here
 * @example
 * await useEngine('wasm', { wasmPaths: '/assets/' });
 */
export function useEngine(name: EngineChoice = 'auto', options: UseEngineOptions = {}): Promise<EngineInfo> {
  return chooseEngine(name, loaders, options);
}

/**
 * What is known about every engine in this browser; those that need Node are listed as not usable.
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
    howToGet: 'run the model in Node, or use the engine wasm',
    passedOver: () => true,
    probe: async () => ({ usable: false, reason: 'it does not run in a browser' }),
    register: async () => undefined,
  };
}
