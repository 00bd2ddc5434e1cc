import { Text } from 'ink';
import type { PreviewEvent } from '../../streams/run/events.js';
import { ago, count } from '../format.js';
import { Picture } from '../Picture.js';
import { usePictureSupport } from '../pictures/usePictureSupport.js';
import { oneLine } from '../text.js';
import { Pane } from './Pane.js';
import { usePicture } from './picture.js';
import type { At } from './runView.js';

export interface PicturePaneProps {
  readonly digit: number;
  readonly title: string;
  /** Previews, oldest first. */
  readonly previews: readonly At<PreviewEvent>[];
  /** How many previews to go back from the newest. @default 0 */
  readonly back?: number;
  /** Returns the path of a picture's file. */
  readonly pathOf: (preview: PreviewEvent) => string;
  /** Height and width of the images in the picture. */
  readonly imageSize: number;
  /** Number of images that belong together, one below the other. @default 1 */
  readonly together?: number;
  /** Lines to show while there is no picture. */
  readonly instead: readonly string[];
  /** Whether the terminal shows colours; without colours or pictures, the pane names the file. */
  readonly colour: boolean;
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
}

/** The newest picture of a kind, or an earlier one. */
export function PicturePane(props: PicturePaneProps) {
  const { digit, title, previews, back = 0, pathOf, imageSize, colour, now, columns, rows } = props;
  const { together = 1, instead } = props;
  const preview = previews.at(-1 - Math.min(back, previews.length - 1)) ?? null;
  const { kind } = usePictureSupport();
  const words = !colour || kind === 'none';
  const path = preview && pathOf(preview);
  const space = { columns: columns - 2, rows: rows - 2, tile: imageSize, together };
  const picture = usePicture(words ? null : path, space);
  const earlier = back > 0 ? ` · ${Math.min(back, previews.length - 1)} back` : '';
  const note = preview ? `${ago((now - preview.time) / 1000)} · step ${count(preview.step)}${earlier}` : '';
  return (
    <Pane digit={digit} title={title} note={note} columns={columns} rows={rows}>
      {preview === null &&
        instead.map((line) => (
          <Text key={line} dimColor wrap="truncate">
            {` ${line}`}
          </Text>
        ))}
      {words && path && <Text wrap="truncate-start">{oneLine(path)}</Text>}
      {picture && 'problem' in picture && (
        <Text wrap="truncate">{oneLine(`${path}: ${picture.problem}`)}</Text>
      )}
      {picture && !('problem' in picture) && (
        <Picture picture={picture} columns={columns - 2} rows={rows - 2} />
      )}
    </Pane>
  );
}
