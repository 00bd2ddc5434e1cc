/**
 * Constants stay in libtensorflow. tfjs makes a tensor of every number, axis and shape that an operation takes, each time; on a
 * GPU a number is a copy to the device. Tensors are never changed once they are made, so those of equal content may be one.
 */
import { type Binding, overlaid } from './binding.js';

/** Elements of a number or a few, and of whole numbers: axes, shapes, and the sizes of many parts. Noise has more of the one kind. */
const largest = { float: 8, other: 1024 };
/** What is in use stays beyond it. Numbers that change from step to step push out those that nobody has asked for lately. */
const mostKept = 1024;

interface Constant {
  readonly id: number;
  /** Tensors of tfjs that have it. */
  users: number;
}

/** The binding, with small tensors kept for the next who makes an equal one. */
export function keepingConstants(binding: Binding, mostUnused = mostKept): Binding {
  /** In the order in which they were asked for last. */
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
      // Strings come as an array of their bytes.
      const most = dtype === binding.TF_FLOAT ? largest.float : largest.other;
      if (values.length > most || Array.isArray(values)) return binding.createTensor(shape, dtype, values);
      const content = contentOf(shape, dtype, values);
      // libtensorflow reads the memory of the array that it is given, which is the caller's to write again.
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

/** Bit for bit: 0 and -0 are two constants, and so are two NaNs. */
function contentOf(shape: readonly number[], dtype: number, values: ArrayBufferView): string {
  const bytes = Buffer.from(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  return `${dtype}:${shape}:${bytes.toString('latin1')}`;
}
