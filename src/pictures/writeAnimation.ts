import sharp from 'sharp';
import type { ImageBatch } from '../base/plainData.js';
import { writePicture } from './writeImage.js';

/** Write the images of a batch as the frames of a film that plays forth and back for ever; the extension is `.gif` or `.webp`. */
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
