import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { newRun, type RunView, showCherry, showDashboard, withEvent } from 'rx-nvae/ui';
import { EMPTY, of } from 'rxjs';

const warning = { type: 'warning', about: 'dataset', message: 'skipped: unreadable image' } as const;
const folded: RunView = withEvent(newRun, warning);
assert.equal(folded.warnings, 1);

// Streams that stand in for a terminal.
const stdout = Object.assign(new PassThrough(), { columns: 100, rows: 30, isTTY: true });
const stdin = Object.assign(new PassThrough(), {
  isTTY: true,
  setRawMode: () => stdin,
  ref: () => stdin,
  unref: () => stdin,
});
let screen = '';
stdout.setEncoding('utf8').on('data', (output: string) => {
  screen += output;
});
const streams = {
  stdout: stdout as unknown as NodeJS.WriteStream,
  stdin: stdin as unknown as NodeJS.ReadStream,
};
const view = await showDashboard({ name: 'somebody', events$: of(warning), ...streams });
assert.equal(view.warnings, 1);
assert.match(screen, /somebody/);
assert.equal(await showCherry(() => EMPTY, streams), null);
