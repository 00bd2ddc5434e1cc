/** How values from 0 to 255 become 0 or 255; `none`: not at all. */
type Binarize = 'none' | 'dynamic' | 'threshold';

/**
 * Returns values that are 0 or 255. `dynamic`: 255 with probability value / 255, so the mean is the value; `threshold`: 255 from
 * 128 on. 0 and 255 stay, so binary values are the same afterwards.
 * @param values from 0 to 255; unchanged
 * @param random returns values in [0, 1); `dynamic` calls it once for each value between 0 and 255
 * @returns new values, or the given ones for `none`
 */
export function binarized(values: Uint8Array, method: Binarize, random: () => number): Uint8Array {
  if (method === 'none') return values;
  const result = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    const isOn =
      method === 'threshold' || value === 0 || value === 255 ? value >= 128 : 255 * random() < value;
    if (isOn) result[i] = 255;
  }
  return result;
}
