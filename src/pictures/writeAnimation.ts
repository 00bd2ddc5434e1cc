import sharp from 'sharp';
import type { ImageBatch } from '../base/plainData.js';
import { writePicture } from './writeImage.js';

/**
 * Writes the images of a batch as the frames of an animation that plays forward and back, endlessly.
 *
 * @param path ends in `.gif` or `.webp`; missing folders are created
 * @param images frames, `[count, height, width, channels]`; not changed
 * @param millisecondsPerFrame how long a frame is shown
 * @throws Error when the file cannot be written; the message names it
 *
 * @example
 * ```ts
 * import { loadModel, useEngine, writeAnimation } from 'rx-nvae';
 *
 * await useEngine();
 * using model = await loadModel('saved_weights/final_result_demo.model');
 * await writeAnimation('samples.gif', await model.sampleImages(9, 0.7));
 * ```
 */
export async function writeAnimation(
  path: string,
  images: ImageBatch,
  millisecondsPerFrame = 100,
): Promise<void> {
  const [count, height, width, channels] = images.shape;
  const length = height * width * channels;
  const order = [
    ...Array(count).keys(),
    ...Array.from({ length: Math.max(0, count - 2) }, (_, i) => count - 2 - i),
  ];
  const frames = new Uint8Array(order.length * length);
  order.forEach((frame, i) => {
    frames.set(images.pixels.subarray(frame * length, (frame + 1) * length), i * length);
  });
  const raw = { width, height: order.length * height, channels, pageHeight: height };
  const timing = { delay: order.map(() => millisecondsPerFrame), loop: 0, force: false };
  await writePicture(path, sharp(frames, { raw }).gif(timing).webp(timing), 'grid');
}
