/** A process that tries to take a lock at a given moment, says how that went, and keeps it until its input ends. */
import { setTimeout } from 'node:timers/promises';
import { RunInUseError } from '../../src/checkpoint/lock/errors.js';
import { lockRun } from '../../src/checkpoint/lock/lockRun.js';

const [path = '', moment = '0'] = process.argv.slice(2);
await setTimeout(Math.max(0, Number(moment) - Date.now()));
try {
  await lockRun(path, { patience: 0 });
  process.stdout.write('taken\n');
} catch (error) {
  process.stdout.write(error instanceof RunInUseError ? 'refused\n' : `${error}\n`);
}
process.stdin.resume();
