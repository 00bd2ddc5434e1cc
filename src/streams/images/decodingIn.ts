import { imageFitOf } from '../../config/imageFit.js';
import type { NvaeConfig } from '../../config/types.js';
import type { DecodeOptions } from './decodeImages.js';
import { decodingFor } from './decodingFor.js';

/** The options of `decodeImages` that the configuration of a run determines. */
export function decodingIn({ model, training }: NvaeConfig): DecodeOptions {
  const { maxPixels } = training;
  return { ...decodingFor({ config: model, imageFit: imageFitOf(training) }), maxPixels };
}
