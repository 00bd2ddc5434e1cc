/** The indexes of all flags that are 1, in ascending order. */
export function indexesWhere(flags: Uint8Array): Uint32Array {
  const indexes = new Uint32Array(flags.reduce((sum, flag) => sum + flag, 0));
  let end = 0;
  for (let i = 0; i < flags.length; i += 1) {
    if (flags[i] === 0) continue;
    indexes[end] = i;
    end += 1;
  }
  return indexes;
}
