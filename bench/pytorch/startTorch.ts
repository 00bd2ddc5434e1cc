/** Starts processes of reference.py. */
import { fileURLToPath } from 'node:url';
import { prepared, startWorker, type Worker } from '../processes/worker.js';
import type { Workload } from '../processes/workload.js';
import { torchEnvironment } from './torchEnvironment.js';
import type { TorchVariant } from './variants.js';

export interface Implementation {
  readonly python: string;
  /** Folder with the PyTorch implementation. */
  readonly reference: string;
}

const inFolder = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A process with PyTorch and a new model, ready for its first step. */
export function startTorch(
  { config: { training }, files, batch, epoch }: Workload,
  variant: TorchVariant,
  { python, reference }: Implementation,
): Promise<Worker> {
  const paths = { PYTHONPATH: inFolder('../processes'), PYTHONDONTWRITEBYTECODE: '1' };
  const env = { ...torchEnvironment(variant), ...paths };
  return prepared(startWorker(python, [inFolder('reference.py')], env), {
    ...files,
    batch,
    checkout: reference,
    threads: variant.threads,
    simd: variant.simd,
    bfloat16: variant.half,
    channels_last: variant.channelsLast,
    compiled: variant.compiled,
    training: {
      learning_rate: training.learningRate,
      weight_decay: training.weightDecay,
      regularization_constant: training.regularizationConstant,
      kl_constant: training.klConstant,
      gradient_clipping: training.gradientClipping,
      warmup_epochs: training.warmupEpochs,
      epoch,
    },
  });
}
