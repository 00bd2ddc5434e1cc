import type { NamedTensors, TensorData } from '../base/plainData.js';
import { fromBfloat16 } from './fromBfloat16.js';
import type { ModelDtype } from './modelDtype.js';
import { toBfloat16 } from './toBfloat16.js';

/** Names of tensors that are few and worth their precision. */
const isAverage = /[.]running_(mean|var)$/;

/**
 * The tensors that a file with this type stores as bfloat16, and all tensors with the values that a reader will find.
 */
export function storedTensors(
  tensors: NamedTensors,
  dtype: ModelDtype,
): { readonly tensors: NamedTensors; readonly bfloat16: ReadonlySet<string> } {
  const bfloat16 = new Set<string>();
  if (dtype === 'float32') return { tensors, bfloat16 };
  const rounded = new Map<string, TensorData>();
  for (const [name, tensor] of tensors) {
    if (tensor.dtype !== 'float32' || isAverage.test(name)) {
      rounded.set(name, tensor);
      continue;
    }
    bfloat16.add(name);
    rounded.set(name, { ...tensor, data: fromBfloat16(toBfloat16(tensor.data as Float32Array)) });
  }
  return { tensors: rounded, bfloat16 };
}
