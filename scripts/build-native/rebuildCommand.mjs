import { sep } from 'node:path';

/** Returns the command that rebuilds the addon, in a clone or in an installed package. */
export function rebuildCommand(root) {
  const folders = root.split(sep);
  if (folders.includes('.pnpm')) return 'pnpm rebuild rx-nvae';
  return folders.includes('node_modules') ? 'npm rebuild rx-nvae' : 'npm run build:native';
}
