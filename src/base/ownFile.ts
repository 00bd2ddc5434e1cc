/** Locates the package's files that run in another process or thread. Built files run directly, sources run through tsx. */
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from 'node:worker_threads';

const fromSources = import.meta.url.endsWith('.ts');

/** For `fork`. `name` is a file next to `self` (a module's URL), without its extension. */
export function processOf(self: string, name: string): { path: string; execArgv: string[] } {
  const path = fileURLToPath(beside(self, name));
  return { path, execArgv: fromSources ? ['--import', import.meta.resolve('tsx')] : [] };
}

/** The same for `new Worker`. */
export function threadOf(self: string, name: string): [string | URL, WorkerOptions] {
  const url = beside(self, name);
  if (!fromSources) return [url, { execArgv: [] }];
  // A thread does not inherit the process's TypeScript loader.
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const start = `import(${tsx}).then(({ register }) => { register(); return import(${JSON.stringify(url)}); });`;
  return [start, { execArgv: [], eval: true }];
}

function beside(self: string, name: string): URL {
  return new URL(`${name}${fromSources ? '.ts' : '.js'}`, self);
}
