/**
 * Snappy, the usual compression of Parquet files. Images are compressed already, so their pages are long literals, which are copied at
 * once here; libraries copy them byte by byte, which takes six times as long and lets a step wait.
 */

/** A copy of 64 bytes takes 3. */
const mostTimes = 22;

/**
 * @param size number of bytes that it must decompress to
 * @throws Error for damaged bytes
 */
export function unsnapped(input: Uint8Array, size: number): Uint8Array {
  if (size > mostTimes * input.length) throw damaged();
  const output = new Uint8Array(size);
  let [at, end] = [0, 0];
  const next = () => {
    if (at >= input.length) throw damaged();
    at += 1;
    return input[at - 1] as number;
  };
  const number = (bytes: number) => {
    let value = 0;
    for (let i = 0; i < bytes; i += 1) value += next() * 2 ** (8 * i);
    return value;
  };
  while (next() & 0x80); // the size again
  while (at < input.length) {
    const tag = next();
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >>> 2;
      const length = 1 + (short < 60 ? short : number(short - 59));
      if (at + length > input.length || end + length > size) throw damaged();
      output.set(input.subarray(at, at + length), end);
      at += length;
      end += length;
      continue;
    }
    const length = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2);
    const offset = kind === 1 ? ((tag >>> 5) << 8) + next() : number(kind === 2 ? 2 : 4);
    if (offset === 0 || offset > end || end + length > size) throw damaged();
    // byte by byte: the copy may overlap what it is copied from
    for (let i = 0; i < length; i += 1) output[end + i] = output[end + i - offset] as number;
    end += length;
  }
  if (end !== size) throw damaged();
  return output;
}

function damaged(): Error {
  return new Error('its compressed data is damaged');
}
