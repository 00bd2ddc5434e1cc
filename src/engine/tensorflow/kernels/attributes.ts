/** Attributes of libtensorflow's operations, and the small tensors that some operations take instead. */
import * as tf from '../../tf.js';
import type { OpAttribute } from '../binding.js';
import type { NodeBackend } from '../nodeBackend.js';

export function integers({ binding }: NodeBackend, name: string, value: readonly number[]): OpAttribute {
  return { name, type: binding.TF_ATTR_INT, value };
}

export function word({ binding }: NodeBackend, name: string, value: string): OpAttribute {
  return { name, type: binding.TF_ATTR_STRING, value };
}

export function flag({ binding }: NodeBackend, name: string, value: boolean): OpAttribute {
  return { name, type: binding.TF_ATTR_BOOL, value };
}

export function float({ binding }: NodeBackend, name: string, value: number): OpAttribute {
  return { name, type: binding.TF_ATTR_FLOAT, value };
}

export function float32({ binding }: NodeBackend): OpAttribute {
  return { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
}

/** Passes a list of integers to an operation that takes it as a tensor. */
export function withList<T>(values: readonly number[], run: (list: tf.Tensor) => T): T {
  const list = tf.tensor1d([...values], 'int32');
  try {
    return run(list);
  } finally {
    list.dispose();
  }
}
