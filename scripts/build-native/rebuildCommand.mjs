import { sep } from 'node:path';

/** Returns the command that rebuilds the addon, in a clone or in an installed package. */
export function rebuildCommand(root) {
  return root.split(sep).includes('node_modules')
    ? 'node node_modules/rx-nvae/scripts/build-native.mjs --strict'
    : 'npm run build:native';
}
