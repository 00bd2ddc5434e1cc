/** What every process works on: one configuration, one batch in memory, as files that each of them reads. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatConfig } from '../../src/config/formatConfig.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import { noiseImages } from '../measure.js';
import { torchEnvironment } from './torchEnvironment.js';
import type { OurVariant, TorchVariant } from './variants.js';
import { startWorker, type Worker } from './worker.js';

const fileHere = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Epoch that the steps are in: the KL is balanced and has a weight. */
const epoch = 1;

export interface WorkloadOptions {
  readonly config: string;
  readonly batch: number;
  readonly set: readonly string[];
  readonly python: string;
  /** Folder with the PyTorch implementation. */
  readonly reference: string;
}

export interface Workload extends AsyncDisposable {
  /** Starts a process that is ready for its first step. */
  start(variant: OurVariant | TorchVariant): Promise<Worker>;
}

export async function workload({ batch, python, reference, ...options }: WorkloadOptions): Promise<Workload> {
  const config = await loadConfig(options.config, { overrides: options.set });
  const folder = await mkdtemp(join(tmpdir(), 'nvae-bench-'));
  const files = { config: join(folder, `${config.name}.yaml`), images: join(folder, 'images') };
  await writeFile(files.config, formatConfig(config));
  await writeFile(files.images, noiseImages(batch, config.model.inputDimension).pixels);

  function ours({ threads, simd, half, tensorCheckpoints }: OurVariant) {
    const env = { NVAE_THREADS: String(threads), ...(simd && { NVAE_SIMD: simd }) };
    const worker = startWorker(process.execPath, ['--import', 'tsx', fileHere('ours.ts')], env);
    const overrides = [`half_precision=${half}`, `use_tensor_checkpoints=${tensorCheckpoints}`];
    const request = {
      ...files,
      batch,
      epoch,
      overrides: overrides.map((text) => `training_parameters.${text}`),
    };
    return { worker, request };
  }

  function torch(variant: TorchVariant) {
    const { learningRate, weightDecay, regularizationConstant, klConstant } = config.training;
    const { gradientClipping, warmupEpochs } = config.training;
    const request = {
      ...files,
      batch,
      checkout: reference,
      threads: variant.threads,
      simd: variant.simd,
      bfloat16: variant.half,
      channels_last: variant.channelsLast,
      compiled: variant.compiled,
      training: {
        learning_rate: learningRate,
        weight_decay: weightDecay,
        regularization_constant: regularizationConstant,
        kl_constant: klConstant,
        gradient_clipping: gradientClipping,
        warmup_epochs: warmupEpochs,
        epoch,
      },
    };
    return {
      worker: startWorker(python, [fileHere('reference.py')], torchEnvironment(variant)),
      request,
    };
  }

  return {
    async start(variant) {
      const { worker, request } = variant.by === 'rx-nvae' ? ours(variant) : torch(variant);
      try {
        await worker.ask('prepare', request);
        return worker;
      } catch (error) {
        await worker[Symbol.asyncDispose]();
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
