/** A process that says when it is ready, tries to take a lock when its input says so, reports the result and keeps the lock until its input ends. */
import { once } from 'node:events';
import { RunInUseError } from '../../src/checkpoint/lock/errors.js';
import { lockRun } from '../../src/checkpoint/lock/lockRun.js';

const [path = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  await lockRun(path, { patience: 0 });
  process.stdout.write('taken\n');
} catch (error) {
  process.stdout.write(error instanceof RunInUseError ? 'refused\n' : `${error}\n`);
}
process.stdin.resume();
