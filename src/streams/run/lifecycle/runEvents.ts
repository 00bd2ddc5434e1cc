/** The events of an open run, from `started` to `stopped` or `finished`. */
import { concat, concatMap, defer, finalize, merge, type Observable, of, Subject, takeUntil } from 'rxjs';
import { engineInUse } from '../../../engine/index.js';
import * as tf from '../../../engine/tf.js';
import type { FinishedEvent, StartedEvent, StoppedEvent, TrainEvent } from '../events.js';
import type { Run } from '../opening/run.js';
import type { RunStore } from '../state/runStore.js';
import type { TrainOptions } from '../trainOptions.js';
import { endEvent } from './endEvent.js';
import { logsOf } from './logs.js';
import { previewInputs } from './previewInputs.js';
import { runSteps } from './runSteps.js';

export function runEvents(run: Run, options: TrainOptions, store: RunStore): Observable<TrainEvent> {
  return defer(() => {
    const { clock = performance } = options;
    const { trainer, start: data, resumed, measured, ranks } = run;
    const speaks = ranks?.speaks !== false;
    const logs = logsOf(run, options);
    const ended = new Subject<void>();
    const begin = clock.now();
    const seconds = () => (clock.now() - begin) / 1000;
    const validates = run.validation !== null;
    const { position } = trainer;
    store.dispatch({ type: 'opened', position, data, resumed, validates, validation: measured });
    const training$ = concat(
      of(startedEvent(run, options)),
      defer(async () => (speaks ? previewInputs(run) : null)).pipe(
        concatMap((inputs) => runSteps(run, options, store, inputs)),
      ),
    );
    const lastEvent = async () => {
      const event = speaks ? await endEvent(run, store.state(), seconds) : null;
      return (await ranks?.end(event)) ?? (event as FinishedEvent | StoppedEvent);
    };
    const main$ = concat(
      training$.pipe(logs.tensorBoard),
      defer(() => lastEvent()),
    ).pipe(finalize(() => ended.next()));
    const warnings$ = ranks ? merge(run.warnings$, ranks.warnings$) : run.warnings$;
    return merge(main$, warnings$.pipe(takeUntil(ended))).pipe(logs.journal, logs.onDisk);
  });
}

function startedEvent(
  { trainer, config, items, validation, resumed, initFrom, ranks }: Run,
  { seconds }: TrainOptions,
): StartedEvent {
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
    images: items.length,
    ...(validation && { validationImages: validation.items.length }),
    batchSize: config.training.batchSize,
    ...(ranks && { ranks: ranks.group.size }),
    epochs: config.training.epochs,
    secondsLimit: seconds ?? null,
    resumed: resumed ? position : null,
    initFrom,
  };
}
