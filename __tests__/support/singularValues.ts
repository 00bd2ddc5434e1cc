/** Matrices in double precision, in plain numbers: references for the spectral regularisation. A matrix is a list of rows. */
export type Matrix = readonly Float64Array[];

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const unit = (a: Float64Array) => a.map((value) => value / Math.sqrt(dot(a, a)));

/** A weight `[k, k, in, out]`, or depthwise `[k, k, channels, 1]`, as the matrix `[out, taps * in]` or `[channels, taps]`. */
export function matrixOf(values: ArrayLike<number>, shape: readonly number[], isDepthwise: boolean): Matrix {
  const outputs = isDepthwise ? shape[2]! : shape[3]!;
  const rows = values.length / outputs;
  return Array.from({ length: outputs }, (_, o) =>
    Float64Array.from({ length: rows }, (_, row) => values[row * outputs + o]!),
  );
}

export interface Iterated {
  readonly u: Float64Array;
  readonly v: Float64Array;
  /** u' W v */
  readonly sigma: number;
}

/** Power iterations by definition. */
export function iterate(w: Matrix, start: ArrayLike<number>, iterations: number): Iterated {
  let u = Float64Array.from(start);
  let v = new Float64Array(w[0]!.length);
  for (let i = 0; i < iterations; i += 1) {
    v = unit(v.map((_, column) => w.reduce((sum, row, o) => sum + row[column]! * u[o]!, 0)));
    u = unit(Float64Array.from(w, (row) => dot(row, v)));
  }
  return { u, v, sigma: w.reduce((sum, row, o) => sum + u[o]! * dot(row, v), 0) };
}

/** The largest singular value, by one-sided Jacobi rotations of the rows until all are orthogonal. */
export function largestSingularValue(w: Matrix): number {
  const rows = w.map((row) => row.slice());
  const negligible = 1e-14 * Math.max(...rows.map((row) => dot(row, row)));
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (let i = 0; i < rows.length; i += 1) {
      for (let j = i + 1; j < rows.length; j += 1) {
        const [a, b] = [rows[i]!, rows[j]!];
        const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
        if (Math.abs(ab) <= negligible) continue;
        isDone = false;
        const zeta = (bb - aa) / (2 * ab);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + t * t);
        rows[i] = a.map((value, k) => cosine * (value - t * b[k]!));
        rows[j] = a.map((value, k) => cosine * (t * value + b[k]!));
      }
    }
  }
  return Math.sqrt(Math.max(...rows.map((row) => dot(row, row))));
}
