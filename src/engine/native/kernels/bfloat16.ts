/** Rounding to bfloat16 and back. An int32 tensor `[ceil(n / 2)]` holds n values, two per element. */
import type { Addon } from '../addon.js';
import { type NativeKernel, nativeKernel } from '../kernel.js';

export function bfloat16Kernels(addon: Addon): NativeKernel[] {
  const toBfloat16 = nativeKernel('ToBfloat16', ({ x }, _, backend) => {
    const from = backend.floats(x!);
    const { info, values } = backend.output([Math.ceil(from.length / 2)], 'int32');
    backend.fill(values.subarray(-1), 0); // with an odd number of values, half of the last element is not written
    addon.toBfloat16(from, values as Int32Array);
    return info;
  });
  const fromBfloat16 = nativeKernel('FromBfloat16', ({ bits }, { shape }, backend) => {
    const y = backend.floatOutput(shape as number[]);
    addon.fromBfloat16(backend.values(bits!) as Int32Array, y.values);
    return y.info;
  });
  return [toBfloat16, fromBfloat16];
}
