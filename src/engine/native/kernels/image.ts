/** Resizing of [batch, height, width, channels]. */
import type { Addon } from '../addon.js';
import { allFloat, type NativeKernel, nativeKernel } from '../kernel.js';
import { packStrides, stridesOf } from './strides.js';

export function imageKernels(addon: Addon): NativeKernel[] {
  const resize = nativeKernel('ResizeBilinear', ({ images }, attributes, backend) => {
    if (!allFloat(images!) || attributes.halfPixelCenters) return undefined;
    const [height, width] = attributes.size as [number, number];
    const [batch, , , channels] = images!.shape as [number, number, number, number];
    const y = backend.floatOutput([batch, height, width, channels]);
    const align = Number(attributes.alignCorners === true);
    addon.resizeBilinear(
      Int32Array.from(images!.shape),
      height,
      width,
      align,
      backend.floats(images!),
      y.values,
    );
    return y.info;
  });

  const resizeGradient = nativeKernel('ResizeBilinearGrad', ({ images, dy }, attributes, backend) => {
    if (!allFloat(images!, dy!)) return undefined;
    const [, height, width] = dy!.shape as [number, number, number, number];
    const dx = backend.floatOutput(images!.shape);
    const align = Number(attributes.alignCorners === true);
    addon.resizeBilinearGradient(
      Int32Array.from(images!.shape),
      height,
      width,
      align,
      backend.floats(dy!),
      dx.values,
    );
    return dx.info;
  });

  // Each pixel becomes a 2 x 2 block: sizes [batch * height, 2, width, 2, channels].
  const upsample = nativeKernel('UpsampleNearest2x', ({ x }, _attributes, backend) => {
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    const from = backend.features(x!);
    const y = backend.outputLike(x!, [batch, 2 * height, 2 * width, channels]);
    const sizes = [batch * height, 2, width, 2, channels];
    const strides = packStrides(sizes, [width * channels, 0, channels, 0, 1], stridesOf(sizes));
    addon.copy(strides!, from.BYTES_PER_ELEMENT, from, 0, y.values, 0);
    return y.info;
  });

  const upsampleGradient = nativeKernel('UpsampleNearest2xGrad', ({ dy }, _attributes, backend) => {
    const [batch, height, width, channels] = dy!.shape as [number, number, number, number];
    const shape = [batch, height / 2, width / 2, channels];
    const dx = backend.outputLike(dy!, shape);
    addon.upsampleGradient(Int32Array.from(shape), 2, backend.features(dy!), dx.values);
    return dx.info;
  });

  // The plain kernel is wrong for more than one image. This one supports only integer factors, which is enough here.
  const nearestGradient = nativeKernel('ResizeNearestNeighborGrad', ({ images, dy }, attributes, backend) => {
    const [, height, width] = images!.shape as [number, number, number];
    const [, outHeight, outWidth] = dy!.shape as [number, number, number];
    const factor = outHeight / height;
    const isWhole = Number.isInteger(factor) && outWidth / width === factor;
    if (!allFloat(images!, dy!) || !isWhole || attributes.alignCorners) {
      throw new Error(
        'ResizeNearestNeighborGrad: the native engine expects one whole factor, not aligned corners',
      );
    }
    const dx = backend.floatOutput(images!.shape);
    addon.upsampleGradient(Int32Array.from(images!.shape), factor, backend.floats(dy!), dx.values);
    return dx.info;
  });

  return [resize, resizeGradient, upsample, upsampleGradient, nearestGradient];
}
