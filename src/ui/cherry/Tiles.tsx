import { Box, Text } from 'ink';
import { useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { ImageBatch } from '../../base/plainData.js';
import { halfBlocks } from '../halfBlocks.js';
import { Picture } from '../Picture.js';
import { type CellSpace, sharpOf, type TerminalPicture, terminalPicture } from '../pictures/bitmap.js';
import type { PictureDepth } from '../pictures/colourDepth.js';
import { isBitmapKind } from '../pictures/pictureSupport.js';
import { usePictureSupport } from '../pictures/usePictureSupport.js';
import { resampled } from '../resample.js';
import { FailureContext } from '../useKeys.js';

export interface TileOf {
  readonly image: ImageBatch;
  readonly label: string;
  /** Whether the tile is marked, in a way that is visible without colour. */
  readonly marked?: boolean;
}

export interface TilesProps {
  readonly tiles: readonly TileOf[];
  /** Number of tiles per row. */
  readonly across: number;
  readonly down: number;
  readonly columns: number;
  readonly rows: number;
}

/** Pictures in rows, each below its label. */
export function Tiles({ tiles, across, down, columns, rows }: TilesProps) {
  const size = {
    columns: Math.max(1, Math.floor(columns / across)),
    rows: Math.max(1, Math.floor(rows / down)),
  };
  const lines = Array.from({ length: down }, (_, row) =>
    tiles.slice(row * across, (row + 1) * across),
  ).filter((some) => some.length > 0);
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {lines.map((some) => (
        <Box key={some[0]?.label} height={size.rows}>
          {some.map((tile) => (
            <Tile key={tile.label} {...tile} {...size} />
          ))}
        </Box>
      ))}
    </Box>
  );
}

function Tile({ image, label, marked = false, columns, rows }: TileOf & { columns: number; rows: number }) {
  const space = { columns: Math.max(1, columns - 1), rows: Math.max(0, rows - 1) };
  const picture = useTile(image, space);
  const text = marked ? ` ${label} ✓ ` : ` ${label} `;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <Text wrap="truncate" inverse={marked} bold={marked}>
        {text}
      </Text>
      <Picture picture={picture} {...space} />
    </Box>
  );
}

/** An image for the terminal: text at once, a bitmap when it is encoded, which happens once for the same pixels. */
function useTile(image: ImageBatch, { columns, rows }: CellSpace): TerminalPicture | null {
  const support = usePictureSupport();
  const fail = useContext(FailureContext);
  const pixels = useRef(image);
  if (!isSame(pixels.current, image)) pixels.current = image;
  const same = pixels.current;
  const [bitmap, setBitmap] = useState<TerminalPicture | null>(null);
  const isText = !isBitmapKind(support.kind);
  const lines = useMemo(
    () => (isText ? fitted(same, { columns, rows }, support.depth) : null),
    [same, columns, rows, isText, support.depth],
  );
  useEffect(() => {
    if (isText || columns < 1 || rows < 1) return setBitmap(null);
    const [, height, width] = same.shape;
    let wanted = true;
    terminalPicture(sharpOf(same), { width, height }, { columns, rows }, support).then(
      (made) => wanted && setBitmap(made),
      fail,
    );
    return () => {
      wanted = false;
    };
  }, [same, columns, rows, isText, support, fail]);
  return lines ?? bitmap;
}

function isSame(one: ImageBatch, other: ImageBatch): boolean {
  return one === other || Buffer.compare(one.pixels, other.pixels) === 0;
}

/** The image as large as it fits. */
function fitted(image: ImageBatch, { columns, rows }: CellSpace, depth: PictureDepth): string[] {
  if (columns < 1 || rows < 1) return [];
  return halfBlocks(resampled(image, { width: columns, height: 2 * rows }), columns, depth);
}
