/**
 * Shows the dashboard for simulated events: for demos, for tests of your own screens, or to replay a journal. Ends by itself.
 * Without a terminal it prints the final state of the dashboard. Run
 * `npx tsx examples/simulated-dashboard/main.ts [--steps 100] [--milliseconds 50]`.
 */
import { parseArgs } from 'node:util';
import type { TrainEvent } from 'rx-nvae/run';
import { newRun, showDashboard, withEvent } from 'rx-nvae/ui';
import { concatMap, from, lastValueFrom, map, reduce, timer } from 'rxjs';
import { positiveInteger } from '../support/positiveInteger.js';
import { simulatedEvents } from './simulatedEvents.js';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '100' },
    milliseconds: { type: 'string', default: '50' },
  },
});
const milliseconds = positiveInteger('milliseconds', values.milliseconds);
const events = [...simulatedEvents(positiveInteger('steps', values.steps))];
const paced = (event: TrainEvent) => timer(milliseconds).pipe(map(() => event));
const hasTerminal = process.stdout.isTTY && process.stdin.isTTY;

const view = hasTerminal
  ? await showDashboard({ name: 'simulated', events$: from(events).pipe(concatMap(paced)) })
  : await lastValueFrom(from(events).pipe(reduce(withEvent, newRun)));

console.log(
  `${view.started?.name}: ${view.status} after step ${view.step?.step}, loss ${view.step?.loss.toFixed(1)}`,
);
