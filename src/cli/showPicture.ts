import type { ImageBatch } from '../model/plainData.js';
import { halfBlocks } from '../ui/halfBlocks.js';
import type { Output } from './output.js';

/** Shows the first image of a batch on standard error; false where nobody could see it there. */
export function showPicture(output: Output, picture: ImageBatch): boolean {
  if (output.colour) output.progress(halfBlocks(picture, process.stderr.columns ?? 80).join('\n'));
  return output.colour;
}
