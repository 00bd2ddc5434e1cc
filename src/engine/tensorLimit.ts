import * as tf from './tf.js';

/** The largest tensor that a device takes. */
export interface TensorLimit {
  /** Name of the limit, as WebGPU calls it. */
  readonly name: string;
  readonly bytes: number;
}

/** Returns the limit of the engine in use; null if only memory limits it. */
export function tensorLimit(): TensorLimit | null {
  if (tf.getBackend() !== 'webgpu') return null;
  return (tf.backend() as unknown as { readonly tensorLimit: TensorLimit }).tensorLimit;
}

export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
