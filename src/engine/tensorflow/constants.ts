/**
 * Keeps constants in libtensorflow. tfjs creates a new tensor for every number, axis and shape that an operation takes; on a
 * GPU, each number is a copy to the device. Tensors are immutable, so tensors with equal content can share one.
 */
import { type Binding, overlaid } from './binding.js';

/** Maximum number of elements: few for floats, which include noise; more for integers, which are axes, shapes and sizes of parts. */
const largest = { float: 8, other: 1024 };
/** Constants in use are kept beyond this limit. Numbers that change at every step replace the least recently used constants. */
const mostKept = 1024;

interface Constant {
  readonly id: number;
  /** Number of tfjs tensors that use it. */
  users: number;
}

/** Returns the binding with a cache of small tensors that equal new tensors share. */
export function keepingConstants(binding: Binding, mostUnused = mostKept): Binding {
  /** Least recently used first. */
  const byContent = new Map<string, Constant>();
  const byId = new Map<number, Constant>();

  function forgetOldest(): void {
    for (const [content, { id, users }] of byContent) {
      if (byContent.size <= mostUnused) return;
      if (users > 0) continue;
      binding.deleteTensor(id);
      byContent.delete(content);
      byId.delete(id);
    }
  }

  return overlaid(binding, {
    createTensor(shape, dtype, values) {
      // Strings arrive as an array of their bytes.
      const most = dtype === binding.TF_FLOAT ? largest.float : largest.other;
      if (values.length > most || Array.isArray(values)) return binding.createTensor(shape, dtype, values);
      const content = contentOf(shape, dtype, values);
      // Copies the values: libtensorflow reads the memory of the array it is given, but the caller may overwrite that memory.
      const constant = byContent.get(content) ?? {
        id: binding.createTensor(shape, dtype, values.slice()),
        users: 0,
      };
      byContent.delete(content);
      byContent.set(content, constant);
      byId.set(constant.id, constant);
      constant.users += 1;
      if (byContent.size > mostUnused) forgetOldest();
      return constant.id;
    },
    deleteTensor(id) {
      const constant = byId.get(id);
      if (constant) constant.users -= 1;
      else binding.deleteTensor(id);
    },
  });
}

/** Distinguishes values bit by bit: 0 and -0 differ, and so do two different NaNs. */
function contentOf(shape: readonly number[], dtype: number, values: ArrayBufferView): string {
  const bytes = Buffer.from(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  return `${dtype}:${shape}:${bytes.toString('latin1')}`;
}
