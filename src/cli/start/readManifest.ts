import { readFileSync } from 'node:fs';

/** Reads this package's package.json, three folders above this file both in src and in dist. Must load on any Node. */
export function readManifest(): { readonly version: string; readonly engines: { readonly node: string } } {
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
}
