/** The events of an open run, from `started` to its end. */
import { join } from 'node:path';
import {
  concat,
  concatMap,
  defer,
  finalize,
  identity,
  type MonoTypeOperatorFunction,
  merge,
  type Observable,
  of,
} from 'rxjs';
import { checkpointExists } from '../../../checkpoint/checkpoint.js';
import { saveModel } from '../../../checkpoint/saveModel.js';
import { engineInUse } from '../../../engine/index.js';
import * as tf from '../../../engine/tf.js';
import { sideStream } from '../../flow/sideStream.js';
import { journalName } from '../../journal/entry.js';
import { keepJournal } from '../../journal/keepJournal.js';
import { writeTensorBoard } from '../../tensorboard/writeTensorBoard.js';
import type { FinishedEvent, StartedEvent, StoppedEvent, TrainEvent } from '../events.js';
import type { Run } from '../opening/openRun.js';
import { resumeWords } from '../resumeWords.js';
import type { RunState } from '../state/runState.js';
import type { RunStore } from '../state/runStore.js';
import type { TrainOptions } from '../trainOptions.js';
import { behindLogs } from './behindLogs.js';
import { previewInputs } from './previewInputs.js';
import { runSteps } from './runSteps.js';

export function runEvents(run: Run, options: TrainOptions, store: RunStore): Observable<TrainEvent> {
  return defer(() => {
    const { clock = performance, runsFolder = 'runs' } = options;
    const { trainer, start: data, resumed, warnings$ } = run;
    const logs = runsFolder === null ? null : join(runsFolder, run.config.name);
    const begin = clock.now();
    store.dispatch({ type: 'opened', position: trainer.position, data, resumed });
    const training$ = concat(
      of(startedEvent(run, options)),
      defer(() => previewInputs(run)).pipe(concatMap((inputs) => runSteps(run, options, store, inputs))),
    );
    const main$ = concat(
      training$.pipe(withTensorBoard(logs, run, options)),
      defer(() => ending(run, store.state(), () => (clock.now() - begin) / 1000)),
    );
    return merge(main$.pipe(finalize(() => warnings$.complete())), warnings$).pipe(
      withJournal(logs, run, options),
      logs === null ? identity : behindLogs(run.flushed),
    );
  });
}

type Logged = MonoTypeOperatorFunction<TrainEvent>;

/** With TensorBoard's log, which is whole before the run says that it has ended. */
function withTensorBoard(folder: string | null, run: Run, { scheduler }: TrainOptions): Logged {
  if (folder === null) return identity;
  const append = (bytes: Uint8Array) => run.writer.append('tensorboard', bytes);
  const log = { folder, append, atOnce: 64, flush$: run.flush$, ...(scheduler && { scheduler }) };
  return sideStream('tensorboard', (events) => events.pipe(writeTensorBoard(log)));
}

/** With the journal of all that is told, the end, the warnings and the error included. */
function withJournal(folder: string | null, run: Run, { scheduler }: TrainOptions): Logged {
  if (folder === null) return identity;
  const append = (line: string) => run.writer.append('journal', Buffer.from(line));
  const path = join(folder, journalName);
  return keepJournal({ path, append, atOnce: 1000, ...(scheduler && { scheduler }) });
}

function startedEvent({ trainer, config, files, resumed }: Run, { seconds }: TrainOptions): StartedEvent {
  const { model, seed, position } = trainer;
  const engine = engineInUse();
  return {
    type: 'started',
    name: config.name,
    engine: engine?.name ?? tf.getBackend() ?? '',
    engineDescription: engine?.description ?? '',
    pid: process.pid,
    seed,
    config,
    parameters: model.parameterCount,
    latentShapes: model.latentShapes,
    images: files.length,
    batchSize: config.training.batchSize,
    epochs: config.training.epochs,
    secondsLimit: seconds ?? null,
    resumed: resumed ? position : null,
  };
}

async function ending(
  { trainer, config, checkpointPath, modelPath, writer }: Run,
  { position, stopReason: reason }: RunState,
  seconds: () => number,
): Promise<StoppedEvent | FinishedEvent> {
  if (reason !== null) {
    const checkpoint = position.step > 0 ? checkpointPath : null;
    return { type: 'stopped', ...position, reason, checkpoint, seconds: seconds() };
  }
  const { tensors } = await trainer.snapshot();
  await writer.ready();
  try {
    await saveModel(modelPath, { config, tensors });
  } catch (error) {
    if (error instanceof Error) error.message += `; ${resumeWords(await checkpointExists(checkpointPath))}`;
    throw error;
  }
  return { type: 'finished', ...position, model: modelPath, seconds: seconds() };
}
