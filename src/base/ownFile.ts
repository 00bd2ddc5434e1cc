/** Files of ours that run in another process or thread: built ones as they are, sources by way of tsx. */
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from 'node:worker_threads';

const fromSources = import.meta.url.endsWith('.ts');

/** For `fork`: `name` is the file beside `self` (a module's URL), without its ending. */
export function processOf(self: string, name: string): { path: string; execArgv: string[] } {
  const path = fileURLToPath(beside(self, name));
  return { path, execArgv: fromSources ? ['--import', import.meta.resolve('tsx')] : [] };
}

/** The same for `new Worker`. */
export function threadOf(self: string, name: string): [string | URL, WorkerOptions] {
  const url = beside(self, name);
  if (!fromSources) return [url, { execArgv: [] }];
  // A thread does not take over how the process reads TypeScript.
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const start = `import(${tsx}).then(({ register }) => { register(); return import(${JSON.stringify(url)}); });`;
  return [start, { execArgv: [], eval: true }];
}

function beside(self: string, name: string): URL {
  return new URL(`${name}${fromSources ? '.ts' : '.js'}`, self);
}
