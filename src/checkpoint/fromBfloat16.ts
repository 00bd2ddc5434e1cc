/** Widens bfloat16 values to float32, exactly. */
export function fromBfloat16(values: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i += 1) bits[i] = (values[i] as number) << 16;
  return new Float32Array(bits.buffer);
}
