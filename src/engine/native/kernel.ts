/** How a native kernel is written down. */
import type * as tf from '../tf.js';
import type { NativeBackend } from './backend.js';

/** Inputs by name; tfjs has checked that those the kernel needs are there. */
export type Inputs = Readonly<Record<string, tf.TensorInfo>>;
export type Attributes = Readonly<Record<string, unknown>>;

/** Body of a kernel. Returning `undefined` means: not my business, let the plain JavaScript kernel do it. */
export type KernelBody = (
  inputs: Inputs,
  attributes: Attributes,
  backend: NativeBackend,
) => tf.TensorInfo | tf.TensorInfo[] | undefined;

export interface NativeKernel {
  readonly name: string;
  readonly body: KernelBody;
}

/** Names a kernel body; register.ts adds it to the backend. */
export function nativeKernel(name: string, body: KernelBody): NativeKernel {
  return { name, body };
}

/** Whether all tensors hold float32 values. */
export function allFloat(...tensors: tf.TensorInfo[]): boolean {
  return tensors.every((tensor) => tensor.dtype === 'float32');
}
