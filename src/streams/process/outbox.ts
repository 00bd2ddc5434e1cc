import { type StepEvent, type TrainEvent, warning } from '../run/events.js';

export interface OutboxOptions {
  /** Hands an event over; calls back when it is on its way. */
  readonly send: (event: TrainEvent, sent: () => void) => void;
  /** Events that wait to be sent, beyond which steps are left out. @default 1000 */
  readonly limit?: number;
}

/**
 * Events on their way to a reader that may have stopped reading. Steps beyond the limit are left out and counted, the
 * newest of them is kept; everything else is always told, in order, and a warning says how many steps are missing.
 */
export function outbox({ send, limit = 1000 }: OutboxOptions): (event: TrainEvent) => void {
  let [unsent, missing] = [0, 0];
  let newest: StepEvent | null = null;
  const hand = (event: TrainEvent) => {
    unsent += 1;
    send(event, () => {
      unsent -= 1;
      if (unsent === 0) catchUp();
    });
  };
  const catchUp = () => {
    if (!newest) return;
    const [step, count] = [newest, missing - 1];
    [newest, missing] = [null, 0];
    if (count > 0) hand(warning('events', `dropped ${count} step events: the reader is too slow`));
    hand(step);
  };
  return (event) => {
    if (event.type === 'step' && unsent >= limit) {
      newest = event;
      missing += 1;
      return;
    }
    catchUp();
    hand(event);
  };
}
