import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** Finds node-gyp's script: the one that the package manager names, a local install, or the one that comes with npm. */
export function findNodeGyp(root) {
  const { npm_config_node_gyp: named, npm_execpath: running, PATH = '' } = process.env;
  const npms = [running, ...PATH.split(delimiter).map((folder) => join(folder, 'npm'))].flatMap(npmOf);
  const prefix = dirname(process.execPath);
  const candidates = [
    named,
    installed(root),
    ...npms.map((npm) => join(npm, 'node_modules/node-gyp/bin/node-gyp.js')),
    join(prefix, '../lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'),
    join(prefix, 'node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'), // Windows
    '/usr/share/nodejs/node-gyp/bin/node-gyp.js', // Debian
    '/usr/share/nodejs/npm/node_modules/node-gyp/bin/node-gyp.js',
  ];
  return candidates.find((path) => path && existsSync(path));
}

function installed(root) {
  try {
    return createRequire(join(root, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
  } catch {
    return undefined;
  }
}

/** Returns the folder of npm, given its command or bin/npm-cli.js. */
function npmOf(command) {
  if (!command || !existsSync(command)) return [];
  return [dirname(dirname(realpathSync(command)))];
}

/**
 * Finds the folder with Node's headers in include/node: npm_config_nodedir, or the folder of the running Node. If there is none,
 * node-gyp looks for headers itself and may download them.
 */
export function findHeaders() {
  const named = process.env.npm_config_nodedir?.replace(/^~(?=\/|$)/, homedir());
  if (named) {
    const found = ['include/node/node_api.h', 'src/node_api.h'].some((file) => existsSync(join(named, file)));
    if (found) return { headers: named };
    const reason = `there are no headers of Node in npm_config_nodedir (${named})`;
    return { problem: { reason, remedy: 'unset it or correct it' } };
  }
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return { headers: versionOf(join(prefix, 'include/node')) === process.versions.node ? prefix : null };
}

/** Returns the version of the headers; null if one that the build reads is missing. */
function versionOf(folder) {
  const needed = ['node_api.h', 'common.gypi', 'node_version.h'];
  if (!needed.every((file) => existsSync(join(folder, file)))) return null;
  const text = readFileSync(join(folder, 'node_version.h'), 'utf8');
  return ['MAJOR', 'MINOR', 'PATCH']
    .map((part) => new RegExp(`^#define NODE_${part}_VERSION (\\d+)`, 'm').exec(text)?.[1])
    .join('.');
}
