/** Runs in a browser: samples from the model that the server has and trains one step, on an engine after the other. */
import { engineInUse, listEngines, useEngine } from 'rx-nvae/model';
import { type Computed, sampleAndTrain, wasmFolder } from './shared.js';

/** What the page posts. */
export interface Posted {
  readonly engines: readonly (readonly [string, boolean])[];
  /** What the engines say that cannot be used, by name. */
  readonly refused: Readonly<Record<string, { readonly name: string; readonly message: string }>>;
  /** What `auto` has chosen. */
  readonly auto: { readonly name: string | undefined; readonly warnings: readonly string[] };
  readonly computed: Readonly<Record<string, Computed>>;
}

const options = {
  wasmPaths: wasmFolder,
  webgpuBackend: () => import('@tensorflow/tfjs-backend-webgpu'),
};

async function run(): Promise<Posted> {
  const refused: Record<string, { name: string; message: string }> = {};
  const computed: Record<string, Computed> = {};
  const engines = (await listEngines()).map(({ name, usable }) => [name, usable] as const);
  const { warnings } = await useEngine('auto', options);
  const auto = { name: engineInUse()?.name, warnings };
  const model = await (await fetch('/squares.model')).arrayBuffer();
  for (const engine of ['native', 'wasm', 'webgpu']) {
    try {
      await useEngine(engine, options);
    } catch (error) {
      const { name, message } = error as Error;
      refused[engine] = { name, message };
      continue;
    }
    computed[engine] = await sampleAndTrain(model);
  }
  return { engines, refused, auto, computed };
}

const result = await run().catch((error: unknown) => ({ error: String(error) }));
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
