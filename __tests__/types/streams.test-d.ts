/** What the compiler must infer, and what it must refuse; checked by `npm run typecheck`, nothing here runs. */
import { describe, expect, test } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import { filter, type MonoTypeOperatorFunction, map, type Observable, type OperatorFunction } from 'rxjs';
import {
  augment,
  type BatchRecipe,
  batch,
  type CheckpointEvent,
  type Dataset,
  type DatasetItem,
  type DecodedImage,
  datasetOf,
  decodeImages,
  type FinishedEvent,
  type ImageBatch,
  type ImageFile,
  images,
  mapAhead,
  type NamedImages,
  type Nvae,
  type NvaeConfig,
  newestMap,
  type PreviewEvent,
  type Recipe,
  readjustBatchNorm,
  type StepEvent,
  samples,
  shareLatest,
  shuffle,
  sideStream,
  type TrainEvent,
  type Trainer,
  toGrid,
  train,
  trainInProcess,
  trainStep,
  type WarningEvent,
  watchFinite,
  writeCheckpoints,
  writeImages,
  writePreviews,
  writeTensorBoard,
} from '../../src/index.js';

declare const config: NvaeConfig;
declare const trainer: Trainer;
declare const model: Nvae;
declare const events$: Observable<TrainEvent>;

interface Row extends DatasetItem {
  readonly id: number;
}
declare const rows: Dataset<Row>;

const key = { seed: 1, epoch: 0 };

/** The bodies are for the compiler alone. */
function compiled(name: string, _check: () => void): void {
  test(name, () => expect(_check).toBeInstanceOf(Function));
}

describe('what is inferred', () => {
  compiled('should be every element of the pipe from a folder to step events', () => {
    const files$ = images('photos');
    expectTypeOf(files$).toEqualTypeOf<Observable<ImageFile>>();
    const shuffled$ = files$.pipe(shuffle(1, 0));
    expectTypeOf(shuffled$).toEqualTypeOf<Observable<ImageFile>>();
    const decoded$ = shuffled$.pipe(decodeImages({ size: 64 }));
    expectTypeOf(decoded$).toEqualTypeOf<Observable<Recipe<DecodedImage>>>();
    const augmented$ = decoded$.pipe(augment({ horizontalFlip: true }, key));
    expectTypeOf(augmented$).toEqualTypeOf<Observable<Recipe<DecodedImage>>>();
    const batches$ = augmented$.pipe(batch(32));
    expectTypeOf(batches$).toEqualTypeOf<Observable<Recipe<NamedImages>>>();
    const steps$ = batches$.pipe(trainStep(trainer));
    expectTypeOf(steps$).toEqualTypeOf<Observable<StepEvent>>();
  });

  compiled('should be the items of an own dataset, which every place that takes a dataset accepts', () => {
    const rows$ = images(rows);
    expectTypeOf(rows$).toEqualTypeOf<Observable<Row>>();
    const decoded$ = rows$.pipe(shuffle(1, 0), decodeImages({ dataset: rows, size: 64 }));
    expectTypeOf(decoded$).toEqualTypeOf<Observable<Recipe<DecodedImage>>>();
    train(config, { dataset: rows });
    train(config, { dataset: datasetOf(3, (index, size) => new Uint8Array(3 * size * size).fill(index)) });
    train(config, {
      augment: (image, random) => ({ ...image, pixels: image.pixels.map((value) => random() * value) }),
      loss: ({ terms }) => ({ ...terms, again: terms.reconstruction }),
    });
  });

  compiled('should need no annotation in one pipe', () => {
    const losses$ = images('photos').pipe(
      shuffle(1, 0),
      decodeImages({ size: 64 }),
      augment((image, random) => ({ ...image, pixels: image.pixels.map((v) => v * random()) }), key),
      batch(32),
      trainStep(trainer),
      map((event) => event.loss),
    );
    expectTypeOf(losses$).toEqualTypeOf<Observable<number>>();
  });

  compiled('should be the union of a stream, what runs beside it and warnings', () => {
    const side = sideStream('side', (values$: Observable<string>) => values$.pipe(map(Number)));
    expectTypeOf(side).toEqualTypeOf<OperatorFunction<string, string | number | WarningEvent>>();
    const withPreviews$ = events$.pipe(
      sideStream('previews', (all$) =>
        all$.pipe(
          filter((event) => event.type === 'epoch'),
          writePreviews(trainer, { folder: 'pictures', inputs: null }),
        ),
      ),
    );
    expectTypeOf(withPreviews$).toEqualTypeOf<Observable<TrainEvent | PreviewEvent | WarningEvent>>();
    const logged$ = events$.pipe(
      sideStream('tensorboard', (all$) => all$.pipe(writeTensorBoard({ folder: 'runs/mine' }))),
    );
    expectTypeOf(logged$).toEqualTypeOf<Observable<TrainEvent>>();
  });

  compiled('should be what the type of an event says', () => {
    const steps$ = train(config).pipe(filter((event) => event.type === 'step'));
    expectTypeOf(steps$).toEqualTypeOf<Observable<StepEvent>>();
    expectTypeOf<TrainEvent['type']>().toExtend<string>();
    expectTypeOf<Extract<TrainEvent, { type: 'checkpoint' }>>().toEqualTypeOf<CheckpointEvent>();
    const told = (event: TrainEvent) => {
      if (event.type === 'finished') expectTypeOf(event).toEqualTypeOf<FinishedEvent>();
      switch (event.type) {
        case 'step':
          expectTypeOf(event.loss).toBeNumber();
          return;
        case 'warning':
          expectTypeOf(event).toEqualTypeOf<WarningEvent>();
          return;
        default:
          // @ts-expect-error only steps have a loss
          event.loss;
      }
    };
    expectTypeOf(told).toBeFunction();
  });

  compiled('should be unchanged by operators that change nothing but time, order or number', () => {
    expectTypeOf(events$.pipe(shareLatest((event) => event.type))).toEqualTypeOf<Observable<TrainEvent>>();
    expectTypeOf(shareLatest<number>(String)).toEqualTypeOf<MonoTypeOperatorFunction<number>>();
    expectTypeOf(shuffle<'a' | 'b'>(1, 0)).toEqualTypeOf<MonoTypeOperatorFunction<'a' | 'b'>>();
  });

  compiled('should be what a projection gives', () => {
    const written$ = events$.pipe(
      newestMap((event) => Promise.resolve(event.type.length), {
        waiting: 2,
        onDrop: (event) => expectTypeOf(event).toEqualTypeOf<TrainEvent>(),
      }),
    );
    expectTypeOf(written$).toEqualTypeOf<Observable<number>>();
    const ahead$ = images('photos').pipe(
      mapAhead(
        (file) => Promise.resolve(file.bytes),
        (bytes, file) => [`${file.name}: ${bytes}`],
      ),
    );
    expectTypeOf(ahead$).toEqualTypeOf<Observable<string>>();
  });

  compiled('should be steps, other events and warnings behind watchFinite', () => {
    const watched$ = events$.pipe(watchFinite(3));
    expectTypeOf(watched$).toEqualTypeOf<Observable<TrainEvent>>();
  });

  compiled('should be paths and pictures of samples', () => {
    const paths$ = samples(model, { count: 9 }).pipe(toGrid(), writeImages('samples.png'));
    expectTypeOf(paths$).toEqualTypeOf<Observable<string>>();
    expectTypeOf(samples(trainer)).toEqualTypeOf<Observable<ImageBatch>>();
    const readjusted$ = images('photos').pipe(
      map(() => model),
      readjustBatchNorm({ temperature: 0.7 }),
    );
    expectTypeOf(readjusted$).toEqualTypeOf<Observable<Nvae>>();
    expectTypeOf(samples(readjusted$)).toEqualTypeOf<Observable<ImageBatch>>();
  });
});

describe('what is refused', () => {
  compiled('should be a wrong order', () => {
    // @ts-expect-error files are no batches
    images('photos').pipe(trainStep(trainer));
    // @ts-expect-error files are decoded before they are put together
    images('photos').pipe(batch(32));
    // @ts-expect-error images are put together before they are stepped
    images('photos').pipe(decodeImages({ size: 64 }), trainStep(trainer));
    // @ts-expect-error images are varied before they are put together
    images('photos').pipe(decodeImages({ size: 64 }), batch(32), augment({ horizontalFlip: true }, key));
    // @ts-expect-error images are decoded once
    images('photos').pipe(decodeImages({ size: 64 }), decodeImages({ size: 64 }));
    // @ts-expect-error steps are no positions in the data
    images('photos').pipe(writeCheckpoints(trainer, { path: 'x' }));
    // @ts-expect-error files are no pictures
    images('photos').pipe(toGrid(), writeImages('x.png'));
  });

  compiled('should be datasets that lack something, and functions where they cannot go', () => {
    // @ts-expect-error a dataset decodes
    train(config, { dataset: { name: 'a', items: () => [] } });
    // @ts-expect-error items have names
    train(config, { dataset: { name: 'a', items: () => [{ id: 1 }], decode: () => new Uint8Array(3) } });
    // @ts-expect-error items of a dataset are decoded by it
    images(rows).pipe(decodeImages({ size: 64 }));
    // @ts-expect-error terms are tensors
    train(config, { loss: () => ({ mine: 1 }) });
    // @ts-expect-error a dataset of one's own cannot be sent to another process
    trainInProcess(config, { dataset: rows });
    // @ts-expect-error nor can a function
    trainInProcess(config, { augment: (image) => image });
    // @ts-expect-error nor can a loss
    trainInProcess(config, { loss: ({ terms }) => terms });
  });

  compiled('should be options and keys of another type', () => {
    // @ts-expect-error a key is a text
    events$.pipe(shareLatest((event) => event));
    // @ts-expect-error a number of values
    newestMap((value: number) => [value], { waiting: 'two' });
    // @ts-expect-error milliseconds
    sideStream('side', (values$: Observable<number>) => values$, { patience: '30 s' });
    // @ts-expect-error a trainer makes steps
    trainStep({});
    // @ts-expect-error no such event
    events$.pipe(filter((event) => event.type === 'stpe'));
  });

  compiled('should be changes of what others see', () => {
    const check = (event: StepEvent, file: ImageFile, recipe: BatchRecipe) => {
      // @ts-expect-error events are read only
      event.loss = 0;
      // @ts-expect-error files are read only
      file.name = '';
      // @ts-expect-error recipes are read only
      recipe.images = 2;
    };
    expectTypeOf(check).toBeFunction();
  });
});
