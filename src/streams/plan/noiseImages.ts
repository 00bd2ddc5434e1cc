import type { ImageBatch } from '../../base/plainData.js';
import type { ModelConfig } from '../../config/types.js';

/** Images of noise, the same at every call, for measurements: the duration of a step does not depend on them. */
export function noiseImages(
  { inputDimension: size, imageChannels }: Pick<ModelConfig, 'inputDimension' | 'imageChannels'>,
  count: number,
): ImageBatch {
  let state = 1;
  const pixels = Uint8Array.from({ length: count * size * size * imageChannels }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { pixels, shape: [count, size, size, imageChannels] };
}
