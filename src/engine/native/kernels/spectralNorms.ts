/** Largest singular values of many weights, all in one call; see ../../fused/spectralNorms.ts. */
import type { Addon } from '../addon.js';
import { type NativeKernel, nativeKernel } from '../kernel.js';

/** Returns rows and columns of each weight, as the addon takes them. */
function matrixShapes(layers: unknown): Int32Array {
  return Int32Array.from((layers as { rows: number; columns: number }[]).flatMap((l) => [l.rows, l.columns]));
}

export function spectralNormsKernels(addon: Addon): NativeKernel[] {
  const norms = nativeKernel('SpectralNorms', (inputs, { layers, iterations, smallestNorm }, backend) => {
    const weights = Object.values(inputs);
    const before = weights.pop()!;
    const shapes = matrixShapes(layers);
    const sum = backend.floatOutput([]);
    const u = backend.floatOutput(before.shape);
    const v = backend.floatOutput([
      shapes.reduce((total, rows, i) => (i % 2 === 0 ? total + rows : total), 0),
    ]);
    backend.scratch(weights.length, (norms) => {
      addon.spectralNorms(
        iterations as number,
        smallestNorm as number,
        shapes,
        weights.map((weight) => backend.floats(weight)),
        ...([backend.floats(before), u.values, v.values, norms] as const),
      );
      addon.total(norms, sum.values);
    });
    return [sum.info, u.info, v.info];
  });

  const gradient = nativeKernel('SpectralNormsGrad', ({ dy, u, v }, { layers, shapes }, backend) => {
    const results = (shapes as number[][]).map((shape) => backend.floatOutput(shape));
    const values = results.map((result) => result.values);
    addon.spectralNormsGradient(
      matrixShapes(layers),
      ...([backend.floats(dy!), backend.floats(u!), backend.floats(v!), values] as const),
    );
    return results.map(({ info }) => info);
  });

  return [norms, gradient];
}
