/** Arranges the images of a picture side by side and in rows, so that they use the space. Pure. */

export interface Extent {
  readonly width: number;
  readonly height: number;
}

export interface Arrangement {
  readonly across: number;
  readonly down: number;
  /** Number of images shown, from the first. */
  readonly shown: number;
}

/**
 * The best arrangement of `count` images of size `image` in a space in pixels: as many images as possible, each as large as
 * possible. Enlarging images beyond their own size only decides between otherwise equal arrangements.
 */
export function arrangement(count: number, image: Extent, space: Extent): Arrangement {
  let best: Arrangement & { readonly worth: number } = { across: 1, down: 1, shown: 1, worth: 0 };
  for (let across = 1; across <= count; across++) {
    for (let down = 1; down <= Math.ceil(count / across); down++) {
      const scale = Math.min(space.width / (across * image.width), space.height / (down * image.height));
      const shown = Math.min(count, across * down);
      const worth = shown * (Math.min(1, scale) ** 2 + 0.01 * Math.sqrt(scale));
      if (worth > best.worth) best = { across, down, shown, worth };
    }
  }
  const { worth: _, ...found } = best;
  return found;
}

/** Pixels of three bytes each. */
export interface Pixels extends Extent {
  readonly pixels: Uint8Array;
}

/** The images of a picture in another arrangement, with black in empty places. */
export function rearranged(picture: Pixels, image: Extent, { across, down, shown }: Arrangement): Pixels {
  const perRow = Math.max(1, Math.floor(picture.width / image.width));
  const [width, height] = [across * image.width, down * image.height];
  const pixels = new Uint8Array(width * height * 3);
  const length = image.width * 3;
  for (let i = 0; i < shown; i++) {
    const from = { x: (i % perRow) * image.width, y: Math.floor(i / perRow) * image.height };
    const to = { x: (i % across) * image.width, y: Math.floor(i / across) * image.height };
    for (let y = 0; y < image.height; y++) {
      const start = ((from.y + y) * picture.width + from.x) * 3;
      pixels.set(picture.pixels.subarray(start, start + length), ((to.y + y) * width + to.x) * 3);
    }
  }
  return { pixels, width, height };
}
