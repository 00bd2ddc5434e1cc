/** Plain values that leave the model. Streams, files and user interfaces see these, never tensors. */

/** Images as bytes: red, green and blue, or one grey, for each pixel, row by row. */
export interface ImageBatch {
  /** Values from 0 to 255; the length is the product of the shape. */
  readonly pixels: Uint8Array;
  /** [batch, height, width, channels] */
  readonly shape: readonly [batch: number, height: number, width: number, channels: 1 | 3];
}

/** Images with a name each, such as those of a dataset. */
export interface NamedImages extends ImageBatch {
  /** One name per image, in order. */
  readonly names: readonly string[];
}

/** A rank's images of a batch, in a group of ranks that train together. */
export interface PartedImages extends ImageBatch {
  /**
   * With `accumulationSteps`: number of these images in each part of the step, in order; the same number of parts on all ranks.
   * @default as many as the rank's share of each part of the whole batch
   */
  readonly parts?: readonly number[];
}

/** The values of a tensor outside the engine, row-major. */
export interface TensorData {
  /** Type of the values. */
  readonly dtype: 'float32' | 'int32';
  /** Size of each axis. */
  readonly shape: readonly number[];
  /** The values; the last axis changes fastest. */
  readonly data: Float32Array | Int32Array;
}

/** The latents of one group for some images. */
export interface LatentValues extends TensorData {
  readonly dtype: 'float32';
  /** [images, height, width, channels] */
  readonly shape: readonly [images: number, height: number, width: number, channels: number];
  readonly data: Float32Array;
}

/** Images as latents. */
export interface Encoding {
  /** One name per image, in order. */
  readonly names: readonly string[];
  /** One entry per latent group, level 0 first; all for the same images. */
  readonly latents: readonly LatentValues[];
}

/** Tensors by name, as in a weights file. */
export type NamedTensors = ReadonlyMap<string, TensorData>;
