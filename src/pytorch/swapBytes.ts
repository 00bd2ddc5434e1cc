/** Reverses the bytes of each item in place. */
export function swapBytes(bytes: Uint8Array, itemSize: number): void {
  for (let begin = 0; begin + itemSize <= bytes.length; begin += itemSize) {
    bytes.subarray(begin, begin + itemSize).reverse();
  }
}
