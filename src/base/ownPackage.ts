/** This package's own files, wherever it is installed. */
import { fileURLToPath } from 'node:url';

/** Path of a file of the package. The relative path is the same from src and from dist. */
export const packageFile = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Returns the command that rebuilds the addons for the package in this folder: a clone or an installed package. */
export function rebuildCommand(root: string = packageFile('')): string {
  return root.split(/[\\/]/).includes('node_modules')
    ? 'node node_modules/rx-nvae/scripts/build-native.mjs --strict'
    : 'npm run build:native';
}
