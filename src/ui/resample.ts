import type { ImageBatch } from '../base/plainData.js';

/** Width and height in pixels. */
interface Room {
  readonly width: number;
  readonly height: number;
}

/**
 * The first image of a batch, as large as the space allows: reduced by averaging, enlarged pixel by pixel. For small images that
 * must be shown at once; `terminalPicture` does more.
 */
export function resampled(image: ImageBatch, room: Room): ImageBatch {
  const [, height, width, channels] = image.shape;
  const scale = Math.min(room.width / width, room.height / height);
  const [across, down] = [Math.max(1, Math.floor(width * scale)), Math.max(1, Math.floor(height * scale))];
  const [columns, rows] = [shares(width, across), shares(height, down)];
  const pixels = new Uint8Array(across * down * channels);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const { at: row, share: tall } of rows[y] ?? []) {
          for (const { at: column, share } of columns[x] ?? []) {
            sum += tall * share * (image.pixels[(row * width + column) * channels + c] ?? 0);
          }
        }
        pixels[(y * across + x) * channels + c] = Math.round(sum);
      }
    }
  }
  return { pixels, shape: [1, down, across, channels] };
}

interface Share {
  readonly at: number;
  readonly share: number;
}

/** For each of `to` pixels, its source pixels among `from` and their shares; when enlarging, the single pixel that contains it. */
function shares(from: number, to: number): Share[][] {
  return Array.from({ length: to }, (_, i) => {
    const [begin, end] = [(i * from) / to, ((i + 1) * from) / to];
    if (to >= from) return [{ at: Math.min(from - 1, Math.floor((begin + end) / 2)), share: 1 }];
    const parts: Share[] = [];
    for (let at = Math.floor(begin); at < Math.min(from, Math.ceil(end - 1e-9)); at++) {
      parts.push({ at, share: (Math.min(end, at + 1) - Math.max(begin, at)) / (end - begin) });
    }
    return parts;
  });
}
