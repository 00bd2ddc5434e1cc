/** Sums over all ranks. See ../../fused/wholeSum.ts. */
import { addUp, type WholeBatch } from '../../wholeBatch.js';
import { type NativeKernel, nativeKernel } from '../kernel.js';

export function wholeSumKernels(): NativeKernel[] {
  const wholeSum = nativeKernel('WholeSum', ({ x }, { whole }, backend) => {
    const y = backend.floatOutput(x!.shape);
    const own = backend.floats(x!);
    const sums = new Float64Array(own.length);
    backend.call(() => {
      sums.set(own);
      addUp(whole as WholeBatch, sums);
      y.values.set(sums);
    });
    return y.info;
  });
  return [wholeSum];
}
