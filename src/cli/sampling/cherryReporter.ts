/** Prints each state of `nvae cherry`: pictures, in the terminal or as files, and the possible choices. */
import { extname } from 'node:path';
import { grid } from '../../base/grid.js';
import { joinImages } from '../../base/imageBatches.js';
import type { ImageBatch } from '../../base/plainData.js';
import { writeImage } from '../../pictures/writeImage.js';
import type { CherryState } from '../../streams/sampling/cherryState.js';
import type { Output } from '../terminal/output.js';
import type { ShowPicture } from '../terminal/showPicture.js';

export interface CherryReporterOptions {
  readonly output: Output;
  readonly showPicture: ShowPicture;
  /** File of the result; the names of other pictures derive from it. */
  readonly path: string;
  /** Whether pictures are also written to files. */
  readonly files: boolean;
}

/** Creates a function that prints what is new in a state; its promise resolves when that is visible. */
export function cherryReporter({
  output,
  showPicture,
  path,
  files,
}: CherryReporterOptions): (state: CherryState) => Promise<void> {
  const stem = path.slice(0, path.length - extname(path).length);
  let before: CherryState | null = null;

  const show = async (picture: ImageBatch, type: string, name: string, details: object) => {
    if ((await showPicture(picture)) || !files) return;
    const file = `${stem}_${name}.png`;
    await writeImage(file, picture);
    output.event({ type, ...details, path: file });
    output.progress(file);
  };
  return async (state) => {
    const { batch, images, picks, phase, keep, problem } = state;
    const last = before;
    before = state;
    if (problem !== null) output.warning(problem);
    if (images && batch !== last?.batch) {
      await show(grid(images), 'batch', `batch_${String(batch).padStart(3, '0')}`, { batch });
      const size = images.shape[0];
      output.progress(
        `batch ${batch}: 1 to ${size} picks or unpicks an image, 0 shows the next batch, u undoes`,
      );
    }
    if (picks !== last?.picks && last) {
      output.event({ type: 'picks', picks: numbersOf(state), missing: keep - picks.length });
      output.progress(`${picks.length} of ${keep} picked${picks.length > 0 ? `: ${described(state)}` : ''}`);
    }
    if (phase === 'ordering' && last?.phase !== 'ordering') {
      await show(grid(joinImages(picks.map(({ image }) => image))), 'selection', 'picks', {});
      output.progress(
        `type the order of the picks, such as ${picks.map((_, i) => i + 1).join(' ')}; u undoes`,
      );
    }
  };
}

/** The picks without their pixels. */
export function numbersOf({ picks }: CherryState): { readonly batch: number; readonly number: number }[] {
  return picks.map(({ batch, number }) => ({ batch, number }));
}

function described(state: CherryState): string {
  return numbersOf(state)
    .map(({ batch, number }) => `${number} of batch ${batch}`)
    .join(', ');
}
