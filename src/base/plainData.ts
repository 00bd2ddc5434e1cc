/** The plain values that leave the model: streams, files and user interfaces see these, never tensors. */

/** Images as bytes: red, green, blue per pixel, row by row. */
export interface ImageBatch {
  readonly pixels: Uint8Array;
  /** [batch, height, width, channels] */
  readonly shape: readonly [batch: number, height: number, width: number, channels: 3];
}

/** A tensor's values outside the engine, row-major. */
export interface TensorData {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export type NamedTensors = ReadonlyMap<string, TensorData>;
