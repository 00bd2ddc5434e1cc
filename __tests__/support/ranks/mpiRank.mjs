/** One rank of mpirun.ts, in a process of its own. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { source, data, built } = JSON.parse(process.argv[2]);
const load = (path) => import(pathToFileURL(join(built, path)).href);
const { launchedGroup } = await load('group/mpi/launchedGroup.js');
const { launcherOf } = await load('group/mpi/launcher.js');
const run = new Function(`return (${source})`)();
// In one write, so that lines of different ranks do not mix.
const say = (name, value) =>
  writeSync(1, `${JSON.stringify({ name, value, rank: launcherOf()?.rank ?? 0 })}\n`);
try {
  const group = await launchedGroup();
  if (!group) throw new Error('this process was not started by a launcher');
  say('pid', process.pid);
  say('result', await run({ group, data, load, say }));
  await group.close();
} catch (error) {
  if (launcherOf()?.rank === 0) process.stderr.write(`${error.name}: ${error.message}\n`);
  say('error', { name: error.name, message: error.message });
  process.exit(1);
}
