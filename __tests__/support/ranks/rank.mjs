/** One rank of runRanks.ts, in a worker thread. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

const { memory, rank, data, source, built } = workerData;
const load = (path) => import(pathToFileURL(join(built, path)).href);
const { memoryGroup } = await load('group/memory/memoryGroup.js');
const group = memoryGroup(memory, rank);
// The function came as text, because functions cannot be posted.
const run = new Function(`return (${source})`)();
try {
  parentPort.postMessage({ value: await run({ group, memory, data, load }) });
  await group.close();
} catch (error) {
  parentPort.postMessage({ error });
}
