/**
 * The child process of a run, started by `trainInProcess`. It receives commands and sends events as messages. If its parent goes
 * away, it stops and writes a checkpoint.
 */
import { ReplaySubject, type Subscription } from 'rxjs';
import { useEngine } from '../../engine/index.js';
import { warning } from '../run/events.js';
import { toPlainError } from '../run/plainError.js';
import type { RunCommand } from '../run/runCommand.js';
import { train } from '../run/train.js';
import type { FromWorker, ToWorker } from './messages.js';
import { outbox } from './outbox.js';

const commands$ = new ReplaySubject<RunCommand>();
const abort = new AbortController();

const tell = outbox({
  send: (event, sent) => {
    if (process.connected) process.send?.({ type: 'event', event } satisfies FromWorker, undefined, {}, sent);
  },
});

/** Sends the last message; the process exits when it is sent. */
function end(message: FromWorker): void {
  const exitCode = message.type === 'error' ? 1 : 0;
  if (!process.connected) process.exit(exitCode);
  process.send?.(message, undefined, {}, () => process.exit(exitCode));
}

async function start({
  config,
  engine,
  options,
}: Extract<ToWorker, { type: 'start' }>): Promise<Subscription> {
  const { warnings } = await useEngine(engine);
  for (const message of warnings) tell(warning('engine', message));
  return train(config, { ...options, commands$, signal: abort.signal }).subscribe({
    next: tell,
    error: (error) => end({ type: 'error', error: toPlainError(error) }),
    complete: () => end({ type: 'complete' }),
  });
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'command') commands$.next(message.command);
  else if (message.type === 'abort') abort.abort();
  else start(message).catch((error) => end({ type: 'error', error: toPlainError(error) }));
});
process.on('disconnect', () => commands$.next('stop'));
process.on('SIGTERM', () => commands$.next('stop'));
// A terminal sends these signals to the parent as well, which decides what to do.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => undefined);
// If nothing reads the output any more, ignore the write errors.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
