import { Box } from 'ink';
import { useOverlay } from './overlays.js';
import type { TerminalPicture } from './pictures/bitmap.js';

export interface PictureProps {
  /** A picture fitted into the space; null leaves the space empty. */
  readonly picture: TerminalPicture | null;
  readonly columns: number;
  readonly rows: number;
}

/** A picture in the upper left of its space. It is sent to the terminal again only if the object changes. */
export function Picture({ picture, columns, rows }: PictureProps) {
  return <Box ref={useOverlay(picture, columns)} width={columns} height={rows} />;
}
