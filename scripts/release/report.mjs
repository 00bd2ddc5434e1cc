import { arch, platform, release } from 'node:os';
import { zigVersion } from '../build-prebuilt/zig.mjs';
import { npm } from './npm.mjs';

/** What release.json says. */
export function reportOf({ manifest, checkout, section, obstacles, tarballs }) {
  return {
    name: manifest.name,
    version: manifest.version,
    commit: checkout.commit,
    date: new Date().toISOString(),
    madeOn: `${platform()} ${release()} ${arch()}`,
    madeWith: { node: process.version, npm: npm(['--version']).trim(), zig: zigVersion },
    obstacles,
    changelog: section.text,
    tarballs,
  };
}
