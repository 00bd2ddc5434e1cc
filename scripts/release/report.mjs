import { spawnSync } from 'node:child_process';
import { arch, platform, release } from 'node:os';
import { zigVersion } from '../build-prebuilt/zig.mjs';

/** What release.json says. */
export function reportOf({ manifest, checkout, section, obstacles, tarballs }) {
  const npm = spawnSync('npm', ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
  return {
    name: manifest.name,
    version: manifest.version,
    commit: checkout.commit,
    date: new Date().toISOString(),
    madeOn: `${platform()} ${release()} ${arch()}`,
    madeWith: { node: process.version, npm: npm.stdout.trim(), zig: zigVersion },
    obstacles,
    changelog: section.text,
    tarballs,
  };
}
