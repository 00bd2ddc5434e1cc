/** `nvae plan`: shows what a training will take before it starts. */
import { memory } from '../../base/memory.js';
import { loadConfig } from '../../config/loadConfig.js';
import type { NvaeConfig } from '../../config/types.js';
import { imagesOfRun } from '../../streams/plan/imagesOfRun.js';
import { type PlannedImages, planTraining } from '../../streams/plan/planTraining.js';
import { count } from '../../ui/format.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { exitCodes } from '../exitCodes.js';
import { planTable } from '../plan/planTable.js';
import { datasetPaths } from '../sampling/datasetPaths.js';
import { standardInput } from '../sampling/standardInputList.js';
import { listenForInterruption } from '../terminal/listenForInterruption.js';
import { createOutput, type Output } from '../terminal/output.js';

interface PlanCommandOptions extends CommonOptions {
  readonly dataset?: readonly string[];
  readonly images?: number;
  readonly batch?: number;
  readonly memory?: number;
  readonly set: readonly string[];
}

export async function plan(architecture: string, options: PlanCommandOptions): Promise<void> {
  const output = createOutput(options);
  const batch = options.batch === undefined ? [] : [`training_parameters.batch_size=${options.batch}`];
  const config = await loadConfig(architecture, { overrides: [...options.set, ...batch] });
  const given = options.memory === undefined ? null : 1e9 * options.memory;
  const interruption = listenForInterruption(() => unwanted.abort());
  const unwanted = new AbortController();
  try {
    const images = await imagesOf(config, options, unwanted.signal, output);
    const planned = await planTraining(config, {
      engine: options.engine,
      images,
      machine: given === null ? memory() : { total: given, free: given },
      signal: unwanted.signal,
      onMeasure: (size) =>
        output.progress(`measuring steps with ${count(size)} ${size === 1 ? 'image' : 'images'}`),
    });
    output.result(planned, planTable(config, planned));
  } catch (error) {
    if (!unwanted.signal.aborted) throw error;
    process.exitCode = exitCodes.interrupted;
  } finally {
    interruption.dispose();
  }
}

async function imagesOf(
  config: NvaeConfig,
  { dataset, images }: PlanCommandOptions,
  signal: AbortSignal,
  output: Output,
): Promise<PlannedImages | null> {
  if (images !== undefined) return withoutHeldOut(config, images);
  if (dataset === undefined) return null;
  const paths = await datasetPaths(dataset);
  if (paths.some(({ path }) => path === standardInput)) {
    throw new Error(
      '--dataset: nvae plan reads no list from standard input; give the list as a file, or --images',
    );
  }
  return imagesOfRun(config, paths, { signal, onWarning: output.warning });
}

/** The images that remain when a share of them is held out, on average. */
function withoutHeldOut({ training: { validation } }: NvaeConfig, images: number): PlannedImages {
  const heldOut = Math.round(validation.fraction * images);
  return { training: images - heldOut, validation: Math.min(heldOut, validation.images ?? heldOut) };
}
