/**
 * libtensorflow's binding numbers the tensors of a process with signed 32-bit integers, and tfjs-node never frees a tensor with a
 * negative number: after some hundred thousand training steps, no memory would be freed any more.
 */
import { type Binding, overlaid } from './binding.js';

const end = 2 ** 32;
/** More tensors than one operation creates. */
const margin = 2 ** 16;

/** Returns the binding with numbers from 0 to 2^32. It cuts the numbers passed to it to 32 bits itself. */
export function withUnsignedNumbers(binding: Binding): Binding {
  const unsigned = (id: number) => {
    const number = id >>> 0;
    // After a wrap-around to 0, the binding would return tensors from the start of the run instead of new ones.
    if (number > end - margin) {
      const problem = `this process has reached the limit of ${end - margin} tensors`;
      throw new RangeError(`engine tensorflow: ${problem}; restart from the last checkpoint`);
    }
    return number;
  };
  return overlaid(binding, {
    createTensor: (...parameters) => unsigned(binding.createTensor(...parameters)),
    executeOp: (...parameters) =>
      binding.executeOp(...parameters).map((handle) => ({ ...handle, id: unsigned(handle.id) })),
  });
}
