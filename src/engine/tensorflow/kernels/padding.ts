/** Converts the numeric padding of tfjs to libtensorflow's padding. */
import type { Convolution } from '../../fused/convolutionOf.js';

/** One of the two spatial axes. */
interface Axis {
  readonly size: number;
  readonly filter: number;
  readonly stride: number;
  readonly before: number;
  readonly out: number;
}

function axesOf(info: Convolution): [Axis, Axis] {
  const vertical = {
    size: info.inHeight,
    filter: info.effectiveFilterHeight,
    stride: info.strideHeight,
    before: info.padInfo.top,
    out: info.outHeight,
  };
  const horizontal = {
    size: info.inWidth,
    filter: info.effectiveFilterWidth,
    stride: info.strideWidth,
    before: info.padInfo.left,
    out: info.outWidth,
  };
  return [vertical, horizontal];
}

function isValid({ size, filter, stride, before, out }: Axis): boolean {
  return before === 0 && out === Math.ceil((size - filter + 1) / stride);
}

/**
 * libtensorflow's SAME adds the fewest zeros that the result needs, and puts the odd one at the end. For stride 2, filter 3 and an
 * even size, it adds none at the start, where tfjs' padding of 1 adds one.
 */
function isSame({ size, filter, stride, before, out }: Axis): boolean {
  const zeros = Math.max(0, (out - 1) * stride + filter - size);
  return out === Math.ceil(size / stride) && before === Math.floor(zeros / 2);
}

/** Returns libtensorflow's name for a padding; EXPLICIT requires {@link explicitZeros}. */
export function paddingOf(info: Convolution): 'VALID' | 'SAME' | 'EXPLICIT' {
  const axes = axesOf(info);
  if (axes.every(isValid)) return 'VALID';
  return axes.every(isSame) ? 'SAME' : 'EXPLICIT';
}

/** Returns the zeros before and after each axis of the images, as in tfjs. cuDNN adds padding that is equal on both sides itself. */
export function explicitZeros({ padInfo, dataFormat }: Convolution): number[] {
  const { top, bottom, left, right } = padInfo;
  const zeros = [top, bottom, left, right];
  return dataFormat === 'channelsLast' ? [0, 0, ...zeros, 0, 0] : [0, 0, 0, 0, ...zeros];
}
