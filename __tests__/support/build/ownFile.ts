/** Replaces `src/base/ownFile` in tests: processes and threads of a tested module start from the build of the same sources. */
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as ownFile from '../../../src/base/ownFile.js';
import { built } from './built.js';

const sources = fileURLToPath(new URL('../../../src', import.meta.url));

function fileOf(self: string, name: string): string {
  return built(relative(sources, join(fileURLToPath(self), `../${name}.js`)));
}

export const processOf: typeof ownFile.processOf = (self, name) => ({
  path: fileOf(self, name),
  execArgv: [],
});

export const threadOf: typeof ownFile.threadOf = (self, name) => [
  pathToFileURL(fileOf(self, name)),
  { execArgv: [] },
];
