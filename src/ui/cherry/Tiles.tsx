import { Box, Text } from 'ink';
import { useMemo } from 'react';
import type { ImageBatch } from '../../model/plainData.js';
import { halfBlocks } from '../halfBlocks.js';
import { Raw } from '../Raw.js';

export interface TileOf {
  readonly image: ImageBatch;
  readonly label: string;
  /** Shown so that it is seen without colour too. */
  readonly marked?: boolean;
}

export interface TilesProps {
  readonly tiles: readonly TileOf[];
  /** Tiles beside each other, and among each other. */
  readonly across: number;
  readonly down: number;
  readonly columns: number;
  readonly rows: number;
}

/** Pictures in rows, each below its label. */
export function Tiles({ tiles, across, down, columns, rows }: TilesProps) {
  const size = { columns: Math.floor(columns / across), rows: Math.floor(rows / down) };
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
  const lines = useMemo(() => fitted(image, columns - 1, rows - 1), [image, columns, rows]);
  const text = marked ? ` ${label} ✓ ` : ` ${label} `;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <Text wrap="truncate" inverse={marked} bold={marked}>
        {text}
      </Text>
      <Raw lines={lines} columns={columns - 1} rows={rows - 1} />
    </Box>
  );
}

/** As large as it fits, in whole reductions of its size. */
function fitted(image: ImageBatch, columns: number, rows: number): string[] {
  const [, height, width] = image.shape;
  const reduction = Math.max(
    1,
    Math.ceil(width / Math.max(1, columns)),
    Math.ceil(height / Math.max(2, 2 * rows)),
  );
  return halfBlocks(image, Math.floor(width / reduction)).slice(0, Math.max(0, rows));
}
