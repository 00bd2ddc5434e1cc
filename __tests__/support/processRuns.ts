/** Runs in separate processes, each in a new folder with ten pictures. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach } from '@jest/globals';
import { lastValueFrom, type Observable, tap, toArray } from 'rxjs';
import { useEngine } from '../../src/engine/index.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import type { TrainInProcessOptions } from '../../src/streams/process/trainInProcess.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { smallConfig } from './checkpoints.js';
import { writePictures } from './pictures.js';

interface ProcessRuns {
  inFolder(...names: readonly string[]): string;
  options(): TrainInProcessOptions;
}

/** Call at the top of a test file. */
export function useProcessRuns(): ProcessRuns {
  let folder = '';
  const inFolder = (...names: readonly string[]) => join(folder, ...names);
  beforeAll(() => useEngine('native'));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nvae-process-'));
    await writePictures(inFolder('dataset'), 10);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const options = () => ({
    engine: 'native',
    dataset: inFolder('dataset'),
    weightsFolder: inFolder('weights'),
    picturesFolder: inFolder('images'),
    runsFolder: inFolder('runs'),
    cache: { folder: inFolder('cache') },
    previews: { samples: 4, iterations: 1 },
    restartDelay: 1,
  });
  return { inFolder, options };
}

/** Four epochs of three steps, with a checkpoint after each. */
export const fourEpochs = (more: readonly string[] = []) =>
  smallConfig(['epochs=4', 'epochs_per_checkpoint=1', ...more]);

export const ofType = <T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T) =>
  events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);

/** Passes the events of a run, with its process id, to `react`. */
export function watched(events$: Observable<TrainEvent>, react: (event: TrainEvent, pid: number) => void) {
  let pid = 0;
  return lastValueFrom(
    events$.pipe(
      tap((event) => {
        if (event.type === 'started') pid = event.pid;
        react(event, pid);
      }),
      toArray(),
    ),
  );
}

export async function stateIn(weightsFolder: string) {
  const { tensors, state } = await loadCheckpoint(join(weightsFolder, 'small.checkpoint'));
  return { tensors: new Map(tensors), state };
}
