/**
 * What a layer says about its parameters before any memory is taken: names as in the PyTorch implementation, shapes
 * in the order the engine computes with, and how a new model begins.
 */

/**
 * How a parameter's axes are ordered here and in PyTorch (see tensorLayout.ts):
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
  /** The norm per output channel of another parameter, a convolution's weight. */
  | { readonly kind: 'normOf'; readonly weight: ParameterSpec };

export interface ParameterSpec {
  readonly name: string;
  /** In the engine's axis order. */
  readonly shape: readonly number[];
  readonly layout: Layout;
  readonly initial: Initial;
}

/** Number of values of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** PyTorch's default for weights and biases: uniform in 1 / sqrt(number of weights of one output). */
export function uniformForFanIn(fanIn: number): Initial {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}
