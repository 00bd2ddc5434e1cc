/** Features rounded to bfloat16, and stored that way. */
import type { Addon } from '../addon.js';
import { type NativeKernel, nativeKernel } from '../kernel.js';

export function roundingKernels(addon: Addon): NativeKernel[] {
  return [
    nativeKernel('RoundToBfloat16', ({ x }, _attributes, backend) => {
      const y = backend.roundedOutput(x!.shape);
      addon.convert(backend.features(x!), y.values);
      return y.info;
    }),
  ];
}
