/**
 * libtensorflow's binding counts the tensors of a process in 32 bits with a sign, and tfjs-node never lets go of one whose number is
 * negative: after some hundred thousand steps of training nothing would be freed any more.
 */
import { type Binding, overlaid } from './binding.js';

const end = 2 ** 32;
/** More than one operation makes. */
const margin = 2 ** 16;

/** The binding, with numbers from 0 to 2^32. Numbers that it is given it cuts to 32 bits itself. */
export function withUnsignedNumbers(binding: Binding): Binding {
  const unsigned = (id: number) => {
    const number = id >>> 0;
    // From 0 on again it would give tensors of the run's beginning in place of new ones.
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
