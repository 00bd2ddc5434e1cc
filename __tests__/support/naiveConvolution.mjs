/**
 * Convolution and its gradients by definition, in double precision, as a reference for the native kernels. A plain module, so that
 * child processes can use it too. `shape` is in the order of ConvShape.
 */
export function naiveConvolution(shape, x, filter, dy, depthwise) {
  const [batch, inHeight, inWidth, channels, outHeight, outWidth, outChannels, kh, kw, sh, sw, top, left] =
    shape;
  const y = new Float64Array(dy.length);
  const dx = new Float64Array(x.length);
  const dfilter = new Float64Array(filter.length);
  const add = (xi, fi, yi) => {
    y[yi] += x[xi] * filter[fi];
    dx[xi] += dy[yi] * filter[fi];
    dfilter[fi] += x[xi] * dy[yi];
  };
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < outHeight * outWidth; i++) {
      for (let tap = 0; tap < kh * kw; tap++) {
        const row = Math.floor(i / outWidth) * sh - top + Math.floor(tap / kw);
        const column = (i % outWidth) * sw - left + (tap % kw);
        if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue;
        const xi = ((b * inHeight + row) * inWidth + column) * channels;
        const yi = (b * outHeight * outWidth + i) * outChannels;
        for (let c = 0; c < channels; c++) {
          if (depthwise) add(xi + c, tap * channels + c, yi + c);
          else
            for (let o = 0; o < outChannels; o++) add(xi + c, (tap * channels + c) * outChannels + o, yi + o);
        }
      }
    }
  }
  return { y, dx, dfilter };
}

/** Largest distance, relative to the largest expected value; NaN counts as infinitely far. */
export function relativeError(actual, expected) {
  let distance = 0;
  let scale = 1e-30;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i] - expected[i]);
    distance = Number.isNaN(d) ? Number.POSITIVE_INFINITY : Math.max(distance, d);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return distance / scale;
}

/** Pseudorandom numbers in [-1, 1) that depend only on the seed. */
export function pseudoRandom(length, seed) {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/**
 * Runs the addon's three kernels of a convolution on outputs filled with NaN. `half` rounds factors to bfloat16, `direct` leaves out
 * Winograd's way. If x or dy is stored as bfloat16, so is y or dx.
 */
export function nativeConvolution(
  addon,
  shape,
  x,
  filter,
  dy,
  depthwise,
  { half = false, direct = false } = {},
) {
  const numbers = Int32Array.of(...shape, Number(half), Number(direct));
  const poisoned = (like) => new Float32Array(like.length).fill(Number.NaN);
  const storedAs = (like, floats) => (like instanceof Uint16Array ? asBfloat16(addon, floats) : floats);
  const dfilter = poisoned(filter);
  const [y, dx] = [storedAs(x, poisoned(dy)), storedAs(dy, poisoned(x))];
  if (depthwise) addon.depthwise(numbers, x, filter, y);
  else addon.conv2d(numbers, x, filter, null, null, 0, y);
  addon[depthwise ? 'depthwiseInputGradient' : 'conv2dInputGradient'](numbers, dy, filter, dx);
  addon[depthwise ? 'depthwiseFilterGradient' : 'conv2dFilterGradient'](numbers, x, dy, dfilter);
  return { y, dx, dfilter };
}

/** The values rounded to bfloat16, and stored that way. */
export function asBfloat16(addon, values) {
  const halves = new Uint16Array(values.length);
  addon.convert(values, halves);
  return halves;
}

/** Values stored as bfloat16, or as float32, as float32. */
export function asFloat32(addon, values) {
  const floats = new Float32Array(values.length);
  addon.convert(values, floats);
  return floats;
}

/** Operands of a convolution of the given shape. */
export function operandsOf(shape, depthwise, seed) {
  const [batch, inHeight, inWidth, channels, outHeight, outWidth, outChannels, kh, kw] = shape;
  return {
    x: pseudoRandom(batch * inHeight * inWidth * channels, seed + 1),
    filter: pseudoRandom(kh * kw * channels * (depthwise ? 1 : outChannels), seed + 2),
    dy: pseudoRandom(batch * outHeight * outWidth * outChannels, seed + 3),
  };
}
