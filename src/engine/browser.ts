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

/** As in Node; `auto` takes wasm. */
export function useEngine(name: EngineChoice = 'auto', options: UseEngineOptions = {}): Promise<EngineInfo> {
  return chooseEngine(name, loaders, options);
}

/** As in Node: all engines are listed, those that need it as not usable. */
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
