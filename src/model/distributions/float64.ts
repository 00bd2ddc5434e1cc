/** Functions of raw parameters in float64, outside the engine. */

/** 5 tanh(value / 5) */
export function softClamp(value: number): number {
  return 5 * Math.tanh(value / 5);
}

/** log(1 + exp v) */
export function softplus(v: number): number {
  return Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
}
