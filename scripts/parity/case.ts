/** Reads one case of reference data: config.yaml, reference.json and reference.safetensors. */
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { NamedTensors } from '../../src/base/plainData.js';
import { readSafetensors } from '../../src/checkpoint/readSafetensors.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';

export interface NoiseDraw {
  readonly tensor: string;
  readonly level?: number;
  readonly layer?: string;
}

export interface StepScalars {
  readonly total: number;
  readonly neg_log_p_mean: number;
  readonly kl_balanced_mean: number;
  readonly kl_coefficient: number;
  readonly regularization: number;
  readonly gradient_norm: number;
  readonly clip_factor: number;
}

interface KlScalars {
  readonly step: number;
  readonly coefficient: number;
  readonly total_loss: number;
}

export interface Float64Check {
  readonly scalars: Readonly<Record<string, number>>;
  readonly tensors: Readonly<Record<string, number>>;
}

/** reference.json of a case with a model. */
export interface ModelReference {
  readonly kind: 'model';
  readonly case: string;
  readonly training: { readonly kl_step: number };
  readonly sampling: {
    readonly samples: number;
    readonly temperature: number | readonly number[];
    readonly readjustment_calls: number;
  };
  readonly scalars: {
    readonly step1: StepScalars;
    readonly step2: StepScalars;
    readonly kl_inside?: KlScalars;
    readonly kl_after?: KlScalars;
  };
  readonly schedule: {
    readonly learning_rate: readonly number[];
    readonly kl_coefficient: readonly number[];
  };
  readonly noise: Readonly<Record<string, readonly NoiseDraw[]>>;
  readonly parameters: readonly string[];
  readonly buffers: readonly string[];
  readonly parameters_with_zero_exact_gradient?: readonly string[];
  readonly float64_check?: Float64Check;
}

/** reference.json of the case without a network. */
export interface DistributionsReference {
  readonly kind: 'distributions';
  readonly case: string;
  readonly n_mix: number;
  readonly temperature: number;
  readonly float64_check?: Float64Check;
}

export type ReferenceCase = { readonly name: string; readonly tensors: NamedTensors } & (
  | { readonly reference: ModelReference; readonly config: NvaeConfig }
  | { readonly reference: DistributionsReference; readonly config: null }
);

export async function readCase(folder: string): Promise<ReferenceCase> {
  const name = basename(resolve(folder));
  const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as
    | ModelReference
    | DistributionsReference;
  const { tensors } = await readSafetensors(join(folder, 'reference.safetensors'));
  if (reference.kind === 'distributions') return { name, tensors, reference, config: null };
  return { name, tensors, reference, config: await loadConfig(join(folder, 'config.yaml')) };
}
