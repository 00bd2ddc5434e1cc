import { type StepEvent, type TrainEvent, warning } from '../run/events.js';

export interface OutboxOptions {
  /** Sends an event, and calls back when it is sent. */
  readonly send: (event: TrainEvent, sent: () => void) => void;
  /** Number of events that may wait to be sent; more steps are dropped. @default 1000 */
  readonly limit?: number;
}

/**
 * Queues events for a reader that may have stopped reading. Beyond the limit, steps are dropped and counted, except the newest.
 * All other events are sent, in order, and a warning reports how many steps were dropped.
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
