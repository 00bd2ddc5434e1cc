import assert from 'node:assert/strict';
import {
  mapAhead,
  parseConfig,
  type StepEvent,
  samples,
  type TrainEvent,
  type TrainOptions,
  train,
} from 'rx-nvae';
import { filter, lastValueFrom, Observable, of, toArray } from 'rxjs';

const doubled$ = of(1, 2, 3).pipe(
  mapAhead(
    (value) => of(2 * value),
    (prepared) => of(prepared),
  ),
);
assert.deepEqual(await lastValueFrom(doubled$.pipe(toArray())), [2, 4, 6]);

const text = `
channel_towers: 2
number_of_scales: 1
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 0
`;
const options: TrainOptions = { dataset: 'images', seed: 1 };
const steps$: Observable<StepEvent> = train(parseConfig(text, { file: 'tiny.yaml' }), options).pipe(
  filter((event: TrainEvent): event is StepEvent => event.type === 'step'),
);
assert.ok(steps$ instanceof Observable);
assert.equal(typeof samples, 'function');
