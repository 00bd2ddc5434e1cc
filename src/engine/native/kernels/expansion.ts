/** The middle of a decoder cell in one pass over the pixels; see ../../fused/expansion.ts. */
import { type ExpansionPart, statisticNames } from '../../fused/expansion.js';
import { isHalfPrecision } from '../../halfPrecision.js';
import type { Addon } from '../addon.js';
import { allFloat, type NativeKernel, nativeKernel } from '../kernel.js';

type Four<T> = [T, T, T, T];

export function expansionKernels(addon: Addon): NativeKernel[] {
  const kernel = nativeKernel('Expansion', (inputs, { epsilon, upsample }, backend) => {
    if (!allFloat(...Object.values(inputs))) return undefined;
    const values = (name: string) => backend.floats(inputs[name]!);
    const [batch, height, width, inChannels] = inputs.x!.shape as Four<number>;
    const [, , hidden, outChannels] = inputs.reduce!.shape as Four<number>;
    const repeats = upsample ? 2 : 1;
    const size = inputs.spatial!.shape[0]!;
    const half = Number(addon.halfProducts() && isHalfPrecision());
    const shape = Int32Array.of(
      ...[batch, height, width, inChannels, hidden, outChannels, size, repeats, half],
    );
    const y = backend.floatOutput([batch, height * repeats, width * repeats, outChannels]);
    backend.scratch(2 * (inChannels + 2 * hidden + outChannels), (memory) => {
      let rest = memory;
      const fold = (part: ExpansionPart, channels: number) => {
        const { mean, variance, gamma, beta } = statisticNames(part);
        const statistics = [values(mean), values(variance), values(gamma), values(beta)] as const;
        const norm = [rest.subarray(0, channels), rest.subarray(channels, 2 * channels)] as const;
        rest = rest.subarray(2 * channels);
        addon.foldNorm(channels, epsilon as number, null, ...statistics, ...norm);
        return norm;
      };
      addon.expansion(
        ...([shape, backend.features(inputs.x!), ...fold('before', inChannels)] as const),
        ...([values('expand'), ...fold('expand', hidden)] as const),
        ...([values('spatial'), ...fold('spatial', hidden)] as const),
        ...([values('reduce'), ...fold('reduce', outChannels)] as const),
        y.values,
      );
    });
    return y.info;
  });
  return [kernel];
}
