import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outbox } from '../../../src/streams/process/outbox.js';
import type { StepEvent, TrainEvent } from '../../../src/streams/run/events.js';
import { warning } from '../../../src/streams/run/events.js';

const step = (number: number) => ({ type: 'step', step: number }) as StepEvent;

/** A reader that takes events when it is told to. */
function slowReader(limit: number) {
  const waiting: (() => void)[] = [];
  const seen: TrainEvent[] = [];
  const tell = outbox({
    limit,
    send: (event, sent) => {
      seen.push(event);
      waiting.push(sent);
    },
  });
  const read = () => {
    for (const sent of waiting.splice(0)) sent();
  };
  return { tell, read, seen, backlog: () => waiting.length };
}

describe('outbox', () => {
  test('should tell a reader that keeps up everything', () => {
    const { tell, read, seen } = slowReader(1);
    for (let i = 1; i <= 5; i += 1) {
      tell(step(i));
      read();
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map(step));
  });

  test('should leave out steps for one that does not, say how many, and tell the newest', () => {
    const { tell, read, seen } = slowReader(2);
    for (let i = 1; i <= 6; i += 1) tell(step(i));
    expect(seen).toEqual([step(1), step(2)]);
    read();
    const message = 'dropped 3 step events: the reader is too slow';
    expect(seen).toEqual([step(1), step(2), warning('events', message), step(6)]);
  });

  test('should always tell what is no step, in order and bounded, and lose no count', () => {
    const action = fc.constantFrom('step', 'warning', 'read');
    const check = (actions: string[], limit: number) => {
      const { tell, read, seen, backlog } = slowReader(limit);
      let [steps, others] = [0, 0];
      for (const each of actions) {
        if (each === 'read') read();
        else if (each === 'step') tell(step(++steps));
        else tell(warning('x', String(++others)));
        expect(backlog()).toBeLessThanOrEqual(limit + 3 * others + 2);
      }
      read();
      read();
      const told = seen.filter((event) => event.type === 'step').map((event) => event.step);
      expect(told).toEqual([...told].sort((a, b) => a - b));
      if (steps > 0) expect(told.at(-1)).toBe(steps);
      const warnings = seen.filter((event) => event.type === 'warning');
      const missing = warnings.filter(({ about }) => about === 'events');
      const counted = missing.reduce((sum, { message }) => sum + Number(/\d+/.exec(message)), 0);
      expect(told.length + counted).toBe(steps);
      expect(warnings.filter(({ about }) => about === 'x')).toHaveLength(others);
    };
    fc.assert(fc.property(fc.array(action, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), check));
  });
});
