/** `nvae dataset`: shows what a dataset has, or writes it to one file. */
import { basename, extname } from 'node:path';
import { concatMap, filter, lastValueFrom, map, merge, type Observable, takeUntil, tap } from 'rxjs';
import { fileExists } from '../../checkpoint/checkpointExists.js';
import { loadConfig } from '../../config/loadConfig.js';
import type { ImageChannels, NvaeConfig } from '../../config/types.js';
import type { Dataset } from '../../data/dataset.js';
import type { DatasetReport } from '../../streams/datasets/datasetEvents.js';
import { describeDataset } from '../../streams/datasets/describeDataset.js';
import { type DatasetPacked, packDataset } from '../../streams/datasets/packDataset.js';
import { someImages } from '../../streams/datasets/someImages.js';
import type { SquareOptions } from '../../streams/datasets/squareOptions.js';
import { fromAbort } from '../../streams/flow/fromAbort.js';
import { toGrid } from '../../streams/sampling/toGrid.js';
import { writeImages } from '../../streams/writers/writeImages.js';
import { bytes, count } from '../../ui/format.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { reportTable, sheetLine } from '../datasets/reportTable.js';
import { exitCodes } from '../exitCodes.js';
import { findImages } from '../sampling/findImages.js';
import { outputFiles } from '../sampling/outputFiles.js';
import { type Interruption, listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput, type Output } from '../terminal/output.js';
import { pictureShower } from '../terminal/showPicture.js';
import { withProgress } from '../terminal/withProgress.js';

interface DatasetOptions extends CommonOptions {
  readonly size?: number;
  readonly config?: string;
  readonly sheet?: string;
  readonly rows: number;
  readonly columns: number;
  readonly names: number;
  readonly pack?: string;
  readonly channels?: ImageChannels;
  readonly force?: boolean;
}

/** What the parts of the command share. */
interface Work {
  readonly dataset: Dataset;
  readonly total: number;
  readonly config: NvaeConfig | null;
  readonly options: DatasetOptions;
  readonly interruption: Interruption;
  readonly output: Output;
}

export async function dataset(images: readonly string[], options: DatasetOptions): Promise<void> {
  const output = createOutput(options);
  const interruption = listenForInterruption(() => output.progress('stopping; Ctrl-C again aborts'));
  try {
    const config = options.config === undefined ? null : await loadConfig(options.config);
    const sheetFile = await sheetFileOf(options);
    if (options.pack !== undefined) await checkFree(options.pack, options);
    const found = await findImages(images, output.warning, config?.training.maxPixels);
    const work = { dataset: found.dataset, total: found.items.length, config, options, interruption, output };
    const sheet = await writeSheet(work, sheetFile);
    await (options.pack === undefined ? describe(work, sheet) : pack(work, options.pack, sheet));
    if (interruption.interrupted) process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}

async function describe(work: Work, sheet: string | null): Promise<void> {
  const { output, interruption } = work;
  const report = await reportOf(work);
  if (report) {
    const { type: _, ...values } = report;
    const written = sheet === null ? {} : { sheet };
    const text = reportTable(report) + (sheet === null ? '' : `\n${sheetLine(sheet)}`);
    output.result({ type: 'dataset', ...values, ...written }, text);
    if (report.images > 0 && report.mean === null) process.exitCode = exitCodes.failed;
  }
  if (!interruption.interrupted) return;
  output.progress(report ? `stopped after ${report.images} of ${report.total} images` : 'stopped');
}

/** With a progress bar until then; null if it was aborted. */
function reportOf({
  dataset,
  total,
  config,
  options,
  interruption,
  output,
}: Work): Promise<DatasetReport | null> {
  const { size = config?.model.inputDimension, names } = options;
  const { stop$ } = interruption;
  const describing = { ...squaresOf(config), size, names, stop$, onWarning: output.warning };
  const report$ = withProgress(output, { label: 'reading', total, unit: 'images' }, (bar) =>
    describeDataset(dataset, describing).pipe(
      tap((event) => bar.at(event.images)),
      filter((event) => event.type === 'report'),
      takeUntil(fromAbort(interruption.signal)),
    ),
  );
  return lastValueFrom(report$, { defaultValue: null });
}

/** Writes the file; nothing if it was interrupted before the last image. */
async function pack(work: Work, path: string, sheet: string | null): Promise<void> {
  const { output, interruption } = work;
  if (work.config?.training.augmentation.randomCrop) {
    output.warning('random_crop has no effect on packed images: they are whole, so train on them without it');
  }
  const packed = await packedAt(work, path);
  if (packed === null) {
    output.progress('stopped; nothing was written');
    return;
  }
  const { images, skipped, size, channels } = packed;
  if (skipped > 0)
    output.warning(
      `${path}: ${count(skipped)} of ${count(images + skipped)} images could not be read and are not in it`,
    );
  const colours = channels === 1 ? 'grey' : 'in colour';
  output.progress(`packed ${count(images)} images of ${size}x${size}, ${colours}: ${bytes(packed.bytes)}`);
  if (sheet !== null) output.progress(sheetLine(sheet));
  output.result({ ...packed, ...(sheet !== null && { sheet }) }, path);
  if (interruption.interrupted) output.progress('stopped after the last image');
}

function packedAt(
  { dataset, total, config, options, interruption, output }: Work,
  path: string,
): Promise<DatasetPacked | null> {
  const {
    size = config?.model.inputDimension ?? 0,
    channels = config?.model.imageChannels ?? 3,
    force = false,
  } = options;
  const packing = { ...squaresOf(config), size, channels, replace: force, onWarning: output.warning };
  const packed$ = withProgress(output, { label: 'packing', total, unit: 'images' }, (bar) =>
    packDataset(dataset, path, packing).pipe(
      tap(({ images }) => bar.at(images)),
      filter((event) => event.type === 'packed'),
      takeUntil(stopped(interruption)),
    ),
  );
  return lastValueFrom(packed$, { defaultValue: null });
}

/** The file of the sheet; null if none is wanted. */
async function sheetFileOf({ sheet }: DatasetOptions): Promise<string | null> {
  if (sheet === undefined) return null;
  const name = extname(sheet) === '' ? 'sheet' : basename(sheet, extname(sheet));
  const pathOf = await outputFiles(sheet, { name, count: 1, option: '--sheet' });
  return pathOf(0);
}

/** Shows the sheet if the terminal can, and writes it if that is wanted; returns its path. */
async function writeSheet(
  { dataset, config, options, interruption, output }: Work,
  file: string | null,
): Promise<string | null> {
  if (file === null && !output.colour) return null;
  const { rows, columns, seed, size = config?.model.inputDimension } = options;
  const showPicture = await pictureShower(output);
  const { close: _, ...kept } = dataset; // it is used again
  const choosing = { ...squaresOf(config), count: rows * columns, seed, ...(size !== undefined && { size }) };
  const written$: Observable<string | null> = someImages(kept, choosing).pipe(
    toGrid({ columns }),
    concatMap((picture) => showPicture(picture).then(() => picture)),
    (picture$): Observable<string | null> =>
      file === null ? picture$.pipe(map(() => null)) : picture$.pipe(writeImages(file, 'grid')),
    takeUntil(stopped(interruption)),
  );
  return lastValueFrom(written$, { defaultValue: null });
}

/** How a configuration makes squares of images. */
function squaresOf(config: NvaeConfig | null): SquareOptions {
  if (!config) return {};
  const { fit, fitPosition, background, maxPixels } = config.training;
  return { fit, fitPosition, background, maxPixels };
}

/** @throws Error when there is a file that may not be replaced */
async function checkFree(path: string, { force = false }: DatasetOptions): Promise<void> {
  if (force || !(await fileExists(path))) return;
  throw new Error(`--pack: ${path} exists; pass --force to replace it, or name another file`);
}

/** Emits at the first signal to stop. */
function stopped({ stop$, signal }: Interruption): Observable<unknown> {
  return merge(stop$, fromAbort(signal));
}
