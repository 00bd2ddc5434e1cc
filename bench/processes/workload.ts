/** What measured processes work on: one configuration and one batch in memory, as files that each of them reads. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatConfig } from '../../src/config/formatConfig.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { noiseImages } from '../../src/streams/plan/noiseImages.js';

/** Epoch of the steps, from 0: in this one the KL is balanced and has a weight. */
const epoch = 1;

export interface Workload extends AsyncDisposable {
  readonly config: NvaeConfig;
  readonly batch: number;
  readonly epoch: number;
  /** Paths of the configuration and of the batch, uint8 values of `[batch, size, size, 3]`. */
  readonly files: { readonly config: string; readonly images: string };
}

export async function workload(name: string, overrides: readonly string[], batch: number): Promise<Workload> {
  const config = await loadConfig(name, { overrides });
  const folder = await mkdtemp(join(tmpdir(), 'nvae-bench-'));
  const files = { config: join(folder, `${config.name}.yaml`), images: join(folder, 'images') };
  await writeFile(files.config, formatConfig(config));
  await writeFile(files.images, noiseImages(config.model, batch).pixels);
  return {
    config,
    batch,
    epoch,
    files,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
