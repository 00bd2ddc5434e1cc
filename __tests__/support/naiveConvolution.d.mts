export interface ConvolutionResults<T> {
  y: T;
  dx: T;
  dfilter: T;
}
export interface ConvolutionOperands {
  x: Float32Array;
  filter: Float32Array;
  dy: Float32Array;
}
export function naiveConvolution(
  shape: readonly number[],
  x: Float32Array,
  filter: Float32Array,
  dy: Float32Array,
  depthwise: boolean,
): ConvolutionResults<Float64Array>;
export function nativeConvolution<X extends Float32Array | Uint16Array, Y extends Float32Array | Uint16Array>(
  addon: object,
  shape: readonly number[],
  x: X,
  filter: Float32Array,
  dy: Y,
  depthwise: boolean,
  options?: { half?: boolean; direct?: boolean },
): { y: X; dx: Y; dfilter: Float32Array };
export function asBfloat16(addon: object, values: Float32Array): Uint16Array;
export function asFloat32(addon: object, values: Float32Array | Uint16Array): Float32Array;
export function operandsOf(shape: readonly number[], depthwise: boolean, seed: number): ConvolutionOperands;
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number;
export function pseudoRandom(length: number, seed: number): Float32Array;
