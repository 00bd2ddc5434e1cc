import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ValidationRecord } from '../../../../src/checkpoint/validationRecord.js';
import type { RunCommand, RunRequest } from '../../../../src/streams/run/runCommand.js';
import {
  type Due,
  type Failure,
  initialState,
  isOver,
  nextEpoch,
  nextState,
  type RunInput,
  type RunState,
  type Schedule,
} from '../../../../src/streams/run/state/runState.js';

const schedule: Schedule = {
  epochs: 3,
  batchSize: 4,
  imagesPerCheckpoint: null,
  epochsPerCheckpoint: 1,
  writeReconstruction: true,
  validation: { fraction: 0.1, folder: null, epochs: 1, images: null },
};
const all: RunRequest[] = ['checkpoint', 'reconstruct', 'sample'];
const beginning = { epoch: 0, batchInEpoch: 0, step: 0, imagesSeen: 0 };
const opened = {
  type: 'opened' as const,
  position: beginning,
  data: { epoch: 0, imagesTaken: 0 },
  resumed: false,
  validates: false,
  validation: null,
} satisfies RunInput;
const command = (name: RunCommand): RunInput => ({ type: 'command', command: name });
const ended = (failure: Failure = 'none'): RunInput => ({ type: 'ended', failure });
const [paused, resumed]: RunInput[] = [{ type: 'paused' }, { type: 'resumed' }] as const;

/** The steps of epochs of three batches, of which the last is half full. */
const step = (number: number, applied = true): RunInput => {
  const epoch = Math.floor((number - 1) / 3);
  const batchInEpoch = number - 3 * epoch;
  const imagesTaken = Math.min(4 * batchInEpoch, 10);
  return {
    type: 'step',
    step: number,
    epoch,
    batchInEpoch,
    imagesSeen: 10 * epoch + imagesTaken,
    imagesTaken,
    applied,
  };
};
const epochEnd = (epoch: number): RunInput => ({ type: 'epoch', epoch, imagesTaken: 10 });

/** What is known after the validation of an epoch. */
const recordOf = (epoch: number): ValidationRecord => ({
  epoch,
  images: 'i',
  best: { bitsPerDimension: 1 / (epoch + 1), epoch, step: 3 * (epoch + 1) },
});
const validation = (epoch: number): RunInput => ({ type: 'validation', validation: recordOf(epoch) });

/** The states after the events, in their order. */
function statesAfter(given: Partial<Schedule>, ...events: readonly (RunInput | undefined)[]): RunState[] {
  let state = initialState({ ...schedule, ...given });
  return events.flatMap((event) => {
    if (!event) return [];
    state = nextState(state, event);
    return [state];
  });
}
const last = (states: readonly RunState[]) => states.at(-1) as RunState;
/** What each event made due: the step and what is written. */
const dues = (states: readonly RunState[]) =>
  states.flatMap(({ due }) => (due ? [[due.step, ...due.writes]] : []));

describe('what a run writes', () => {
  test('should be a checkpoint and previews after each epoch that the configuration names', () => {
    const states = statesAfter(
      { epochsPerCheckpoint: 2 },
      opened,
      ...[step(1), step(2), step(3), epochEnd(0), step(4), step(5), step(6), epochEnd(1)],
    );
    expect(dues(states)).toEqual([[6, ...all]]);
    expect(last(states).due).toEqual({
      epoch: 1,
      imagesTaken: 10,
      batchInEpoch: 3,
      step: 6,
      imagesSeen: 20,
      writes: all,
      validation: null,
    });
  });

  test('should be a checkpoint and previews after so many images, as steps', () => {
    const states = statesAfter(
      { imagesPerCheckpoint: 7, epochsPerCheckpoint: 9 },
      opened,
      ...[1, 2, 3, 4].map((n) => step(n)),
    );
    expect(dues(states)).toEqual([
      [2, ...all],
      [4, ...all],
    ]);
  });

  test('should have no reconstructions where the configuration wants none', () => {
    const states = statesAfter(
      { writeReconstruction: false },
      opened,
      step(1),
      step(2),
      step(3),
      epochEnd(0),
    );
    expect(dues(states)).toEqual([[3, 'checkpoint', 'sample']]);
  });

  test('should be written once where the step and its epoch both want it', () => {
    const states = statesAfter(
      { imagesPerCheckpoint: 12 },
      opened,
      step(1),
      step(2),
      step(3),
      epochEnd(0),
      ended(),
    );
    expect(dues(states)).toEqual([[3, ...all]]);
  });

  test('should wait for a step that is applied', () => {
    const events = [step(1), step(2), step(3, false), epochEnd(0), step(4, false), step(5), step(6)];
    expect(dues(statesAfter({}, opened, ...events))).toEqual([[5, ...all]]);
  });

  test('should be what is asked for, after the running step and with what is scheduled', () => {
    const states = statesAfter(
      { imagesPerCheckpoint: 8, writeReconstruction: false },
      opened,
      ...[command('sample'), step(1), command('reconstruct'), command('checkpoint'), step(2)],
    );
    expect(dues(states)).toEqual([
      [1, 'sample'],
      [2, 'reconstruct', 'checkpoint', 'sample'],
    ]);
  });

  test('should be what was asked for while the run opened, after its first step', () => {
    const states = statesAfter({}, command('checkpoint'), opened, step(1));
    expect(dues(states)).toEqual([[1, 'checkpoint']]);
  });

  test('should be at once what is asked for while the run is paused, and what was asked for before', () => {
    const states = statesAfter(
      {},
      ...[opened, step(1), command('pause'), command('sample'), paused, command('checkpoint')],
      ...[command('checkpoint'), resumed, command('sample'), step(2)],
    );
    expect(dues(states)).toEqual([
      [1, 'sample'],
      [1, 'checkpoint'],
      [1, 'checkpoint'],
      [2, 'sample'],
    ]);
  });

  test.each<[string, RunInput[], RunRequest[]]>([
    ['the checkpoint and previews where the run is done', [ended()], all],
    ['the same where its time is up', [{ type: 'timeUp' }, ended()], all],
    ['only the checkpoint where somebody waits for the end', [command('stop'), ended()], ['checkpoint']],
    ['only the checkpoint where an error ended the steps', [ended('error')], ['checkpoint']],
    ['what was asked for too', [command('sample'), command('stop'), ended()], ['sample', 'checkpoint']],
  ])('should be at the end %s', (_, events, writes) => {
    expect(dues(statesAfter({}, opened, step(1), ...events))).toEqual([[1, ...writes]]);
  });

  test('should be nothing at the end where no step was made, or all is saved', () => {
    expect(dues(statesAfter({}, opened, command('stop'), ended()))).toEqual([]);
    const from3: RunInput = {
      ...opened,
      position: { ...beginning, step: 3 },
      resumed: true,
    } as RunInput;
    expect(dues(statesAfter({}, from3, command('stop'), ended()))).toEqual([]);
    expect(dues(statesAfter({}, from3, ended('error')))).toEqual([]);
  });

  test('should be nothing where the weights cannot be trusted, whatever was asked for', () => {
    const events = [step(1), command('checkpoint'), ended('fatal'), command('sample')];
    expect(dues(statesAfter({}, opened, ...events))).toEqual([]);
  });

  test('should carry the identity of the dataset', () => {
    const data = { epoch: 0, imagesTaken: 0, dataset: { images: 10 } as never };
    const states = statesAfter({ imagesPerCheckpoint: 4 }, { ...opened, data } as RunInput, step(1));
    expect(last(states).due).toMatchObject({ imagesTaken: 4, dataset: { images: 10 } });
  });
});

describe('a validation', () => {
  const measuring = { ...opened, validates: true };
  const epoch = [step(1), step(2), step(3), epochEnd(0)];

  test('should come before the checkpoint of its epoch, which holds it', () => {
    const states = statesAfter({}, measuring, ...epoch, validation(0));
    expect(dues(states)).toEqual([[3, ...all]]);
    expect(states.map(({ validationDue }) => validationDue)).toEqual([null, null, null, null, 0, null]);
    expect(last(states).due).toMatchObject({ epoch: 0, imagesTaken: 10, validation: recordOf(0) });
  });

  test('should be saved at the end although its step has been', () => {
    const given = { epochs: 1, imagesPerCheckpoint: 12, epochsPerCheckpoint: 9 };
    const states = statesAfter(given, measuring, ...epoch, validation(0), ended());
    expect(dues(states)).toEqual([
      [3, ...all],
      [3, ...all],
    ]);
    expect(last(states).due).toMatchObject({ validation: recordOf(0) });
  });

  test('should come again where a stop prevented it, also after the last epoch', () => {
    const states = statesAfter({ epochs: 1 }, measuring, ...epoch, command('stop'), ended());
    expect(dues(states)).toEqual([[3, 'checkpoint']]);
    expect(last(states).due).toMatchObject({ validation: null });
    const data = { epoch: 1, imagesTaken: 0 };
    const again = statesAfter({ epochs: 1 }, { ...measuring, data, resumed: true });
    expect([last(again).validationDue, isOver(last(again))]).toEqual([0, false]);
    const known = statesAfter({ epochs: 1 }, { ...measuring, data, resumed: true, validation: recordOf(0) });
    expect([last(known).validationDue, isOver(last(known))]).toEqual([null, true]);
  });

  test('should keep what earlier sessions have measured where the run no longer measures', () => {
    const states = statesAfter({}, { ...opened, validation: recordOf(0) }, ...epoch);
    expect(last(states).due).toMatchObject({ validation: recordOf(0) });
  });
});

describe('the end of a run', () => {
  test('should come after its last epoch', () => {
    const over = statesAfter({ epochs: 1 }, opened, step(1), step(2), step(3), epochEnd(0)).map(isOver);
    expect(over).toEqual([false, false, false, false, true]);
  });

  test('should never come by itself where epochs are -1', () => {
    expect(isOver(last(statesAfter({ epochs: -1 }, opened, step(3), epochEnd(0))))).toBe(false);
  });

  test('should be there at once where a run is resumed that has all its epochs', () => {
    const data = { epoch: 3, imagesTaken: 0 };
    expect(isOver(last(statesAfter({}, { ...opened, data, resumed: true } as RunInput)))).toBe(true);
  });

  test('should keep the first reason to stop', () => {
    const time: RunInput = { type: 'timeUp' };
    expect(last(statesAfter({}, time, opened, command('stop')))).toMatchObject({ stopReason: 'seconds' });
    expect(last(statesAfter({}, opened, command('stop'), time))).toMatchObject({ stopReason: 'stop' });
    expect(isOver(last(statesAfter({}, opened, command('stop'), command('resume'))))).toBe(true);
  });
});

describe('where the next epoch begins', () => {
  const next = (...events: RunInput[]) => nextEpoch(last(statesAfter({}, ...events)));

  test('should be where the run was resumed, and then the beginning of each', () => {
    const within = { ...opened, data: { epoch: 1, imagesTaken: 8 }, resumed: true } as RunInput;
    expect(next(within)).toEqual({ epoch: 1, imagesTaken: 8 });
    expect(next(within, step(6), epochEnd(1))).toEqual({ epoch: 2, imagesTaken: 0 });
  });
});

/** What may happen to a run; the test decides when an epoch is over, and when the run is held. */
type Action = RunCommand | 'timeUp' | 'applied' | 'skipped' | 'measured';

interface Moment {
  readonly event: RunInput;
  readonly state: RunState;
}

/** A run of epochs of three steps to which these things happen, as `lifecycle` would live it. */
function lived(given: Schedule, actions: readonly Action[], failure: Failure, validates: boolean): Moment[] {
  const moments: Moment[] = [];
  let state = deepFrozen(initialState(given));
  const happens = (event: RunInput) => {
    state = deepFrozen(nextState(state, event));
    moments.push({ event, state });
  };
  happens({ ...opened, validates });
  for (const action of actions) {
    if (action === 'timeUp') happens({ type: 'timeUp' });
    else if (!['applied', 'skipped', 'measured'].includes(action)) happens(command(action as RunCommand));
    else if (state.validationDue !== null) {
      if (action === 'measured' && !state.paused) happens(validation(state.validationDue));
    } else if (action === 'measured') continue;
    else if (!isOver(state) && !state.paused) {
      const number = state.position.step + 1;
      happens(step(number, action === 'applied'));
      if (number % 3 === 0 && state.stopReason === null) happens(epochEnd(number / 3 - 1));
    }
    if (isOver(state)) break;
    if (state.pauseRequested !== state.paused) happens({ type: state.paused ? 'resumed' : 'paused' });
  }
  happens(ended(failure));
  return moments;
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFrozen);
  return value;
}

const someSchedule: fc.Arbitrary<Schedule> = fc.record({
  epochs: fc.constantFrom(-1, 1, 2, 4),
  batchSize: fc.constant(4),
  imagesPerCheckpoint: fc.option(fc.integer({ min: 1, max: 20 })),
  epochsPerCheckpoint: fc.integer({ min: 1, max: 3 }),
  writeReconstruction: fc.boolean(),
  validation: fc.record({
    fraction: fc.constant(0.1),
    folder: fc.constant(null),
    epochs: fc.integer({ min: 1, max: 3 }),
    images: fc.constant(null),
  }),
});
const steps: fc.Arbitrary<Action>[] = [
  fc.constant('applied'),
  fc.constantFrom('applied', 'skipped'),
  fc.constant('measured'),
];
const commands: fc.Arbitrary<Action> = fc.constantFrom(
  'pause',
  'resume',
  'checkpoint',
  'reconstruct',
  'sample',
);
const endings: fc.Arbitrary<Action> = fc.constantFrom('stop', 'timeUp');
const anything = fc.oneof(
  ...steps.map((arbitrary) => ({ arbitrary, weight: 5 })),
  { arbitrary: commands, weight: 5 },
  { arbitrary: endings, weight: 1 },
);
const failures: fc.Arbitrary<Failure> = fc.constantFrom('none', 'error', 'fatal');

const isStep = ({ event }: Moment) => ['step', 'epoch', 'validation'].includes(event.type);
const isMeasured = ({ state }: Moment) => state.validationDue === null;
const isAsked = ({ event }: Moment, write: RunRequest) => event.type === 'command' && event.command === write;
const writes = ({ state }: Moment, write: RunRequest = 'checkpoint') =>
  state.due?.writes.includes(write) ?? false;

/** Whether the configuration wants a checkpoint of the state after this event, in other words than the reducer's. */
function isScheduled({ event }: Moment, { imagesPerCheckpoint, batchSize, epochsPerCheckpoint }: Schedule) {
  if (event.type === 'epoch') return event.epoch % epochsPerCheckpoint === epochsPerCheckpoint - 1;
  if (event.type !== 'step' || imagesPerCheckpoint === null) return false;
  let every = 1;
  while (every * batchSize < imagesPerCheckpoint) every += 1;
  return event.step % every === 0;
}

describe('whatever happens to a run', () => {
  const always = (
    holds: (moments: readonly Moment[], schedule: Schedule, failure: Failure) => void,
    actions: fc.Arbitrary<Action> = anything,
    failure: fc.Arbitrary<Failure> = failures,
  ) => {
    const list = fc.array(actions, { maxLength: 40 });
    const check = (given: Schedule, happening: Action[], by: Failure, validates: boolean) =>
      holds(lived(given, happening, by, validates), given, by);
    fc.assert(fc.property(someSchedule, list, failure, fc.boolean(), check), { numRuns: 500 });
  };

  test('a scheduled checkpoint should be written, at the first step that is applied or at the end', () => {
    always(
      (moments, given) => {
        moments.forEach((moment, i) => {
          if (!isScheduled(moment, given)) return;
          const rest = moments.slice(i);
          const next = rest.findIndex(
            (later) =>
              later.event.type === 'ended' || (isStep(later) && later.state.applied && isMeasured(later)),
          );
          const saved = moments.slice(0, i + next + 1).filter((before) => writes(before));
          const possible = [moment.state.position.step, rest[next]!.state.position.step];
          expect(possible).toContain(saved.at(-1)?.state.position.step);
        });
      },
      anything,
      fc.constantFrom('none', 'error'),
    );
  });

  test('no checkpoint should be written twice of one step and validation, but where that is asked for', () => {
    const unasked = anything.filter((action) => action !== 'checkpoint');
    always((moments) => {
      const saved = moments.flatMap((moment) => {
        const { position, validation: measured } = moment.state;
        return writes(moment) ? [`${position.step} ${measured?.epoch}`] : [];
      });
      expect(new Set(saved).size).toBe(saved.length);
    }, unasked);
  });

  test('what is not scheduled, asked for or the end should not be written', () => {
    always((moments, given) => {
      moments.forEach((moment, i) => {
        if (!moment.state.due || moment.event.type === 'ended') return;
        const asked = all.filter((write) => moments.slice(0, i + 1).some((before) => isAsked(before, write)));
        const scheduled = moments.slice(0, i + 1).some((before) => isScheduled(before, given));
        if (!scheduled) expect(asked).toEqual(expect.arrayContaining([...moment.state.due.writes]));
      });
    });
  });

  test('what is asked for should be written at once where the run is held, else with the next event', () => {
    always(
      (moments) => {
        moments.forEach((moment, i) => {
          for (const write of all.filter((name) => isAsked(moment, name))) {
            const isHeld = moments[i]!.state.paused;
            const rest = moments.slice(i).filter(({ event }) => isHeld || !/command|timeUp/.test(event.type));
            expect(writes(rest[0]!, write)).toBe(true);
          }
        });
      },
      anything,
      fc.constantFrom('none', 'error'),
    );
  });

  test('the state of the end should be saved, unless its weights cannot be trusted', () => {
    always((moments, _, failure) => {
      const { position, savedStep, due } = moments.at(-1)!.state;
      if (failure === 'fatal') expect(due).toBeNull();
      else expect(savedStep).toBe(position.step);
    });
  });

  test('nothing should be written after the end, whatever is asked for', () => {
    always((moments) => {
      let state = moments.at(-1)!.state;
      for (const write of all) {
        state = nextState(state, command(write));
        expect(state.due).toBeNull();
      }
    });
  });

  test('what is written should be the last step and what it has taken of the data', () => {
    always((moments) => {
      let taken = { step: 0, epoch: 0, imagesTaken: 0 };
      for (const { event, state } of moments) {
        if (event.type === 'step')
          taken = { step: event.step, epoch: event.epoch, imagesTaken: event.imagesTaken };
        if (state.due) expect(state.due).toMatchObject(taken satisfies Partial<Due>);
      }
    });
  });

  test('a validation should follow each epoch that the configuration names and the last, before anything else', () => {
    always((moments, { validation: { epochs: every }, epochs }) => {
      const isNamed = (epoch: number) => (epoch + 1) % every === 0 || epoch + 1 === epochs;
      let due: number | null = null;
      for (const { event, state } of moments) {
        if (event.type === 'validation') expect(event.validation.epoch).toBe(due);
        if (event.type === 'step') expect(due).toBeNull();
        if (event.type === 'validation') due = null;
        if (event.type === 'epoch') due = state.validates && isNamed(event.epoch) ? event.epoch : null;
        expect(state.validationDue).toBe(due);
        if (due !== null) expect(isOver(state)).toBe(state.stopReason !== null);
      }
    });
  });

  test('a checkpoint should know the last validation, and hold no best model of a later one', () => {
    always((moments) => {
      let measured: ValidationRecord | null = null;
      for (const { event, state } of moments) {
        if (event.type === 'validation') measured = event.validation;
        if (state.due) expect(state.due.validation).toEqual(measured);
      }
    });
  });

  test('a run that ends before a validation should owe it when it is resumed, and no other', () => {
    always((moments, given, failure) => {
      const { position, data, due, validationDue, ...end } = moments.at(-1)!.state;
      if (failure === 'fatal' || due === null || !end.validates) return;
      const again = nextState(initialState(given), {
        ...opened,
        position,
        data: end.epochDone ? { epoch: data.epoch + 1, imagesTaken: 0 } : data,
        resumed: true,
        validates: true,
        validation: due.validation,
      });
      expect(again.validationDue).toBe(validationDue);
    });
  });

  test('epochs should follow each other, and none after a reason to stop', () => {
    always((moments) => {
      const epochs = moments.flatMap(({ event }) => (event.type === 'epoch' ? [event.epoch] : []));
      expect(epochs).toEqual(epochs.map((_, i) => i));
      const stopped = moments.findIndex(({ state }) => state.stopReason !== null);
      if (stopped >= 0) expect(moments.slice(stopped).some(isStep)).toBe(false);
    });
  });

  test('a run that is stopped at any step and resumed should write what is scheduled at the same steps', () => {
    const check = (given: Schedule, at: number) => {
      const count = 12;
      const train = (state: RunState, from: number, to: number) => {
        const written: number[] = [];
        for (let number = from; number <= to; number += 1) {
          for (const event of [step(number), ...(number % 3 === 0 ? [epochEnd(number / 3 - 1)] : [])]) {
            state = nextState(state, event);
            if (state.due) written.push(state.due.step);
          }
        }
        return { state, written };
      };
      const endless = { ...given, epochs: -1 };
      const whole = train(nextState(initialState(endless), opened), 1, count);
      const first = train(nextState(initialState(endless), opened), 1, at);
      const { position } = first.state;
      const again: RunInput = { ...opened, position, data: nextEpoch(first.state), resumed: true };
      const second = train(nextState(initialState(endless), again), at + 1, count);
      expect([...first.written, ...second.written]).toEqual(whole.written);
    };
    fc.assert(fc.property(someSchedule, fc.integer({ min: 0, max: 12 }), check));
  });
});
