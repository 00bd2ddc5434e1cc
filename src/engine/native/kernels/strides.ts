/** Shapes and strides in the form that the native kernels take. */

/** Maximum number of dimensions, after merging, that the native kernels support. */
const mostDimensions = 8;

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d]!;
  }
  return strides;
}

/** Returns the strides of an operand of `shape` inside a result of shape `out`: 0 along dimensions where it is repeated. */
export function broadcastStrides(shape: readonly number[], out: readonly number[]): number[] {
  const missing = out.length - shape.length;
  const own = stridesOf(shape);
  return out.map((_, d) => (d < missing || shape[d - missing] === 1 ? 0 : own[d - missing]!));
}

/**
 * Packs sizes and two sets of strides as [rank, sizes..., first..., second...]. Drops dimensions of size 1 and merges adjacent
 * dimensions that are contiguous on both sides. Undefined when too many dimensions remain.
 */
export function packStrides(
  sizes: readonly number[],
  first: readonly number[],
  second: readonly number[],
): Int32Array | undefined {
  const merged: { size: number; first: number; second: number }[] = [];
  sizes.forEach((size, d) => {
    if (size === 1) return;
    const last = merged[merged.length - 1];
    if (last && last.first === first[d]! * size && last.second === second[d]! * size) {
      last.size *= size;
      last.first = first[d]!;
      last.second = second[d]!;
    } else {
      merged.push({ size, first: first[d]!, second: second[d]! });
    }
  });
  if (merged.length === 0) merged.push({ size: 1, first: 1, second: 1 });
  if (merged.length > mostDimensions) return undefined;
  return Int32Array.of(
    merged.length,
    ...merged.map((dimension) => dimension.size),
    ...merged.map((dimension) => dimension.first),
    ...merged.map((dimension) => dimension.second),
  );
}
