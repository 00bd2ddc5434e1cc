/** `nvae cherry`: shows candidates batch by batch; the user picks and orders them, on a screen or by lines on standard input. */
import { join } from 'node:path';
import {
  BehaviorSubject,
  catchError,
  concat,
  concatMap,
  defer,
  filter,
  firstValueFrom,
  lastValueFrom,
  map,
  type Observable,
  takeUntil,
  tap,
} from 'rxjs';
import { grid } from '../../base/grid.js';
import type { WeightSet } from '../../checkpoint/weightSets.js';
import type { Temperature } from '../../model/sampleSource.js';
import { writeImage } from '../../pictures/writeImage.js';
import { cherryPick } from '../../streams/sampling/cherryPick.js';
import type { CherryChoice, CherryState } from '../../streams/sampling/cherryState.js';
import { samples } from '../../streams/sampling/samples.js';
import { terminalHints } from '../../ui/pictures/terminalHints.js';
import { loadScreen, ScreenError } from '../../ui/screenError.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { exitCodes } from '../exitCodes.js';
import { cherryReporter, numbersOf } from '../sampling/cherryReporter.js';
import { findModel } from '../sampling/findModel.js';
import { outputFiles, pictureName } from '../sampling/outputFiles.js';
import { parseCherryChoice } from '../sampling/parseCherryChoice.js';
import { withAdjustedModel } from '../sampling/withAdjustedModel.js';
import { inputLines } from '../terminal/inputLines.js';
import { listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput, isInteractive, type Output } from '../terminal/output.js';
import { pictureShower, type ShowPicture } from '../terminal/showPicture.js';

interface CherryOptions extends CommonOptions {
  readonly config?: string;
  readonly weights?: WeightSet;
  readonly folder: string;
  readonly keep: number;
  readonly out?: string;
}

/** Number of images per batch: three rows of three. */
const batchSize = 9;
/** Maximum number of picks that single keys can order. */
const mostKeys = 9;

export async function cherry(
  model: string,
  temperature: Temperature,
  iterations: number,
  options: CherryOptions,
): Promise<void> {
  const output = createOutput(options);
  const { engine, config, weights, keep, seed = 0, json = false, quiet = false } = options;
  const interruption = listenForInterruption(() => output.progress('stopped'));
  const { stop$ } = interruption;
  try {
    const file = await findModel(model, options.folder, output);
    const name = `${pictureName(file, temperature)}_cherry`;
    const folder = join(options.folder, 'images');
    const path = (await outputFiles(options.out, { name, count: 1, folder }))(0);
    const why = process.stdin.isTTY ? whyLines(keep, output) : null;
    const onScreen = isInteractive(options) && why === null;
    const showPicture = await pictureShower(output);
    if (why !== null) output.progress(why);
    const report = cherryReporter({ output, showPicture, path, files: json || !quiet });
    const adjusted = { engine, config, weights, temperature, iterations, batchSize, seed, stop$ };
    const last = await lastValueFrom(
      withAdjustedModel(file, adjusted, output, (model) => {
        const candidates = (i: number) =>
          samples(model, { temperature, count: batchSize, batchSize, firstBatch: i, seed });
        const pick = (choices$: Observable<CherryChoice>) => cherryPick(candidates, choices$, { keep });
        return onScreen ? pickOnScreen(pick, stop$, report, output) : pickByLines(pick, report, output);
      }).pipe(takeUntil(stop$)),
      { defaultValue: null },
    );
    if (interruption.interrupted) process.exitCode = exitCodes.interrupted;
    else await save(last, keep, path, output, showPicture);
  } finally {
    interruption.dispose();
  }
}

/** Why choices are typed as lines instead of made with keys on a screen; null if there is a screen. */
function whyLines(keep: number, { colour }: Output): string | null {
  if (!colour || terminalHints(process.env).choice === 'none')
    return 'pictures are written as PNG files, whose paths are printed; type each choice and press enter';
  if (keep <= mostKeys) return null;
  return `--keep is above ${mostKeys}, too many for single keys; type each choice and press enter`;
}

type Pick = (choices$: Observable<CherryChoice>) => Observable<CherryState>;

/**
 * Shows the screen and returns the last state; quitting counts as Ctrl-C. If the screen fails, continues with typed choices and
 * keeps the choices already made.
 */
function pickOnScreen(
  pick: Pick,
  stop$: Observable<void>,
  report: (state: CherryState) => Promise<void>,
  output: Output,
): Observable<CherryState | null> {
  const made: CherryChoice[] = [];
  const onScreen = async () => {
    const pictures = terminalHints(process.env);
    const { showCherry } = await loadScreen(() => import('../../ui/cherry/showCherry.js'));
    const kept = tap<CherryChoice>((choice) => made.push(choice));
    const last = await showCherry((choices$) => pick(choices$.pipe(kept)).pipe(takeUntil(stop$)), {
      pictures,
    });
    if (last === null) process.emit('SIGINT', 'SIGINT');
    return last;
  };
  return defer(onScreen).pipe(
    catchError((error: unknown) => {
      if (!(error instanceof ScreenError)) throw error;
      output.warning(`screen: ${error.message}; continuing without it: type each choice and press enter`);
      return pickByLines((choices$) => pick(concat(made, choices$)), report, output);
    }),
  );
}

/** States for the choices on standard input; each is printed before the next line is read. */
function pickByLines(
  pick: Pick,
  report: (state: CherryState) => Promise<void>,
  output: Output,
): Observable<CherryState> {
  const reported$ = new BehaviorSubject<CherryState | null>(null);
  let newest: CherryState | null = null;
  const quiet$ = reported$.pipe(filter((state) => state !== null && state === newest && !state.waiting));
  const choices$ = inputLines(process.stdin, () => firstValueFrom(quiet$, { defaultValue: null })).pipe(
    map((line) => ({ line, choice: parseCherryChoice(line) })),
    tap(({ line, choice }) => {
      if (!choice && line.trim())
        output.warning(
          `${JSON.stringify(line)} is not a choice; type a number, u, or an order such as 3 1 2`,
        );
    }),
    map(({ choice }) => choice),
    filter((choice) => choice !== null),
  );
  return pick(choices$).pipe(
    tap((state) => {
      newest = state;
    }),
    concatMap(async (state) => {
      await report(state);
      reported$.next(state);
      return state;
    }),
  );
}

/** @throws Error when the input ends before there is anything to save */
async function save(
  state: CherryState | null,
  keep: number,
  path: string,
  output: Output,
  showPicture: ShowPicture,
): Promise<void> {
  if (!state?.chosen) {
    const missing = keep - (state?.picks.length ?? 0);
    const rest =
      missing > 0 ? `${missing} of ${keep} picks and their order are missing` : 'the order is missing';
    throw new Error(`cherry: the input ended too early: ${rest}`);
  }
  const picture = grid(state.chosen);
  await showPicture(picture);
  await writeImage(path, picture);
  output.result({ type: 'cherry', path, picks: numbersOf(state), order: state.order }, path);
}
