/** Batched matrix product, with broadcasting over the batch dimensions. */
import * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import { allFloat, type NativeKernel, nativeKernel } from '../kernel.js';

/** BatchMatMul: a `[..., m, k]` (or `[..., k, m]`), b `[..., k, n]` (or `[..., n, k]`), result `[..., m, n]`. */
export function matMulKernels(addon: Addon): NativeKernel[] {
  const batchMatMul = nativeKernel('BatchMatMul', ({ a, b }, attributes, backend) => {
    if (!allFloat(a!, b!)) return undefined;
    const transposeA = attributes.transposeA === true;
    const transposeB = attributes.transposeB === true;
    const [rowsA, columnsA] = a!.shape.slice(-2) as [number, number];
    const [rowsB, columnsB] = b!.shape.slice(-2) as [number, number];
    const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
    const [depth, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
    if (k !== depth) {
      throw new Error(`matMul: expected inner dimensions to agree, got [${a!.shape}] and [${b!.shape}]`);
    }
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    const offsetsA = batchOffsets(a!.shape.slice(0, -2), batch, rowsA * columnsA);
    const offsetsB = batchOffsets(b!.shape.slice(0, -2), batch, rowsB * columnsB);
    const y = backend.floatOutput([...batch, m, n]);
    if (k === 0) backend.fill(y.values, 0);
    else {
      const [valuesA, valuesB] = [backend.floats(a!), backend.floats(b!)];
      offsetsA.forEach((offsetA, i) => {
        addon.gemm(
          m,
          n,
          k,
          valuesA,
          offsetA,
          Number(transposeA),
          valuesB,
          offsetsB[i]!,
          Number(transposeB),
          y.values,
          i * m * n,
        );
      });
    }
    return y.info;
  });
  return [batchMatMul];
}

/** Returns where the operand's matrix begins, for every matrix of the broadcast batch. */
function batchOffsets(own: number[], batch: number[], matrixSize: number): number[] {
  const padded = [...new Array<number>(batch.length - own.length).fill(1), ...own];
  let offsets = [0];
  let stride = matrixSize;
  const strides = padded.map(() => 0);
  for (let d = padded.length - 1; d >= 0; d--) {
    strides[d] = padded[d] === 1 ? 0 : stride;
    stride *= padded[d]!;
  }
  batch.forEach((size, d) => {
    offsets = offsets.flatMap((offset) => Array.from({ length: size }, (_, i) => offset + i * strides[d]!));
  });
  return offsets;
}
