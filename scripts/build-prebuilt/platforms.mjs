/**
 * @typedef {object} Platform
 * @property {string} name as in the package's name, `@rx-nvae/native-<name>`
 * @property {string} target what zig calls it; a glibc has the oldest version whose symbols may be used
 * @property {string} os as in package.json
 * @property {string} cpu as in package.json
 * @property {string} [libc] as in package.json
 */

/** @type {readonly Platform[]} */
export const platforms = [
  { name: 'linux-x64', target: 'x86_64-linux-gnu.2.28', os: 'linux', cpu: 'x64', libc: 'glibc' },
  { name: 'linux-arm64', target: 'aarch64-linux-gnu.2.28', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { name: 'linuxmusl-x64', target: 'x86_64-linux-musl', os: 'linux', cpu: 'x64', libc: 'musl' },
  { name: 'linuxmusl-arm64', target: 'aarch64-linux-musl', os: 'linux', cpu: 'arm64', libc: 'musl' },
  { name: 'darwin-x64', target: 'x86_64-macos.13.0', os: 'darwin', cpu: 'x64' },
  { name: 'darwin-arm64', target: 'aarch64-macos.13.0', os: 'darwin', cpu: 'arm64' },
  { name: 'win32-x64', target: 'x86_64-windows-gnu', os: 'win32', cpu: 'x64' },
];

/**
 * The platforms of these names; all of them without names.
 * @param {readonly string[]} names
 * @throws Error when there is none of a name
 */
export function pickPlatforms(names) {
  if (names.length === 0) return platforms;
  return names.map((name) => {
    const found = platforms.find((platform) => platform.name === name);
    if (!found) {
      throw new Error(
        `there is no platform "${name}"; there are ${platforms.map((other) => other.name).join(', ')}`,
      );
    }
    return found;
  });
}
