/**
 * Rounds values to bfloat16: the upper half of a float32, with 8 instead of 24 bits of precision and the same range. A tie goes to the
 * neighbour with an even last bit, as in PyTorch. A finite value beyond the largest bfloat16 by at least half a step becomes infinite;
 * NaN stays NaN.
 */
export function toBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i += 1) {
    const value = bits[i] as number;
    const isNotANumber = (value & 0x7fffffff) > 0x7f800000;
    const odd = (value >>> 16) & 1;
    // Rounding could carry the fraction of a NaN into an infinity.
    rounded[i] = isNotANumber ? (value >>> 16) | 0x40 : (value + 0x7fff + odd) >>> 16;
  }
  return rounded;
}
