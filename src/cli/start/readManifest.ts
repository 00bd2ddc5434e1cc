import { readFileSync } from 'node:fs';

/** What this package's package.json says; three folders above this file both in src and in dist. Loaded on any Node. */
export function readManifest(): { readonly version: string; readonly engines: { readonly node: string } } {
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
}
