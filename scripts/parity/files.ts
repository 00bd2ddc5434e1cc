/** Reads the file formats of the reference data. */
import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import type { ModelConfig, NvaeConfig, TrainingConfig } from '../../src/config/types.js';
import type { NamedTensors, TensorData } from '../../src/model/plainData.js';

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** All tensors of a safetensors file with F32 and I64 values. */
export function readTensors(path: string): NamedTensors {
  const file = readFileSync(path);
  const begin = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, begin)) as Record<string, Entry>;
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return new Map(
    entries.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]): [string, TensorData] => {
        const bytes = Uint8Array.from(file.subarray(begin + from, begin + to)).buffer;
        if (dtype === 'F32') return [name, { dtype: 'float32', shape, data: new Float32Array(bytes) }];
        const integers = Int32Array.from(Array.from(new BigInt64Array(bytes), Number));
        return [name, { dtype: 'int32', shape, data: integers }];
      },
    ),
  );
}

const modelDefaults = {
  numBlocksPrepost: 1,
  numCellsPerBlockPrepost: 2,
  cellsPerSplitEnc: 2,
  cellsPerInputDec: 1,
  channelMultiplier: 2,
  exponentialScaling: 1,
  minSplits: 1,
  samplingMethod: 'gaussian',
  nMix: 3,
  fixedFlows: false,
};

const trainingDefaults: TrainingConfig = {
  learningRate: 0.01,
  learningRateMin: 1e-5,
  weightDecay: 3e-4,
  regularizationConstant: 0.05,
  klConstant: 1,
  warmupEpochs: 30,
  batchSize: 20,
  writeReconstruction: true,
  imagesPerCheckpoint: null,
  epochsPerCheckpoint: 2,
  epochs: -1,
  gradientClipping: null,
  halfPrecision: false,
  useTensorCheckpoints: false,
  seed: 0,
  augmentation: { horizontalFlip: false },
};

/** A configuration as a user writes it, defaults filled in. */
export function readConfig(path: string): NvaeConfig {
  const { training_parameters: training, ...model } = load(readFileSync(path, 'utf8')) as Record<
    string,
    object
  >;
  return {
    name: path,
    model: { ...modelDefaults, ...camelCase(model) } as ModelConfig,
    training: { ...trainingDefaults, ...camelCase(training ?? {}) },
  };
}

function camelCase(values: object): Record<string, unknown> {
  const renamed = Object.entries(values).map(([key, value]) => {
    return [key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value];
  });
  return Object.fromEntries(renamed);
}
