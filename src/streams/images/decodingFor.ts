import type { ModelConfig } from '../../config/types.js';
import type { DecodeOptions } from './decodeImages.js';

/** The options of `decodeImages` that a model determines. */
export function decodingFor({
  inputDimension,
  imageChannels,
}: Pick<ModelConfig, 'inputDimension' | 'imageChannels'>): Required<
  Pick<DecodeOptions, 'size' | 'channels'>
> {
  return { size: inputDimension, channels: imageChannels };
}
