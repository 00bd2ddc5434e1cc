import type { ImageFit } from '../../config/imageFit.js';
import type { ModelConfig } from '../../config/types.js';
import type { DecodeOptions } from './decodeImages.js';

/** What images are decoded for: a model, or `{ config }`, its part of a configuration. */
export interface ImagesFor {
  readonly config: Pick<ModelConfig, 'inputDimension' | 'imageChannels'>;
  /** @default cropped to the centre, transparent parts on white */
  readonly imageFit?: ImageFit;
}

/** The options of `decodeImages` that a model determines. */
export function decodingFor({ config, imageFit }: ImagesFor): DecodeOptions {
  return { size: config.inputDimension, channels: config.imageChannels, ...imageFit };
}
