/**
 * Describes a layer's parameters before any memory is allocated: names as in the PyTorch implementation, shapes
 * in the engine's axis order, and initial values.
 */

/**
 * Order of a parameter's axes here and in PyTorch (see tensorLayout.ts):
 *
 *     vector       [n]                                      the same
 *     gain         [out]                                    [out, 1, 1, 1]
 *     linear       [in, out]                                [out, in]
 *     convolution  [height, width, in, out]                 [out, in, height, width]
 *     depthwise    [height, width, channels, 1]             [channels, 1, height, width]
 *     image        [batch, height, width, channels]         [batch, channels, height, width]
 */
export type Layout = 'vector' | 'gain' | 'linear' | 'convolution' | 'depthwise' | 'image';

export type Initial =
  /** Uniform in [-bound, bound). */
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number }
  /** Standard normal. */
  | { readonly kind: 'normal' }
  /** The norm per output channel of another parameter, a convolution's weight, times a mask of its shape, if any. */
  | { readonly kind: 'normOf'; readonly weight: ParameterSpec; readonly mask?: () => Float32Array };

export interface ParameterSpec {
  readonly name: string;
  /** Shape in the engine's axis order. */
  readonly shape: readonly number[];
  readonly layout: Layout;
  readonly initial: Initial;
}

/** Returns the number of values of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** PyTorch's default for weights and biases: uniform with bound 1 / sqrt(number of weights of one output). */
export function uniformForFanIn(fanIn: number): Initial {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}
