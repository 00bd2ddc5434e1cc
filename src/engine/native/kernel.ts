/** Types and helpers for defining native kernels. */
import type * as tf from '../tf.js';
import type { NativeBackend } from './backend.js';

/** Inputs by name; tfjs has checked that all inputs the kernel needs are present. */
export type Inputs = Readonly<Record<string, tf.TensorInfo>>;
export type Attributes = Readonly<Record<string, unknown>>;

/** Body of a kernel. Returns `undefined` to leave the operation to the plain JavaScript kernel. */
export type KernelBody = (
  inputs: Inputs,
  attributes: Attributes,
  backend: NativeBackend,
) => tf.TensorInfo | tf.TensorInfo[] | undefined;

export interface NativeKernel {
  readonly name: string;
  readonly body: KernelBody;
}

/** Gives a kernel body its name; register.ts adds it to the backend. */
export function nativeKernel(name: string, body: KernelBody): NativeKernel {
  return { name, body };
}

/** Whether all tensors hold float32 values. */
export function allFloat(...tensors: tf.TensorInfo[]): boolean {
  return tensors.every((tensor) => tensor.dtype === 'float32');
}
