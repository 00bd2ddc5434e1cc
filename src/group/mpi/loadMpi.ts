/** The only file that loads the MPI addon. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { messageOf } from '../../base/errors.js';
import { packageFile, rebuildCommand } from '../../base/ownPackage.js';
import type { MpiAddon } from './addon.js';

/** The addon, or why there is none and what to do. */
export type LoadedMpi =
  | { readonly addon: MpiAddon }
  | { readonly addon: null; readonly reason: string; readonly howToGet: string };

/** Loads the addon that scripts/build-native.mjs makes where there is an MPI. */
export function loadMpi(): LoadedMpi {
  const path = packageFile('native/build/mpi.node');
  if (!existsSync(path)) return missing();
  try {
    return { addon: createRequire(import.meta.url)(path) as MpiAddon };
  } catch (error) {
    const reason = `native/build/mpi.node does not load: ${messageOf(error)}`;
    return { addon: null, reason, howToGet: `run "${rebuildCommand()}"` };
  }
}

function missing(): LoadedMpi {
  const [failure, advice] = lastFailure();
  if (failure && advice)
    return { addon: null, reason: `the MPI addon was not built: ${failure}`, howToGet: advice };
  const install = 'install MPI with its compiler mpicc (Debian and Ubuntu: openmpi-bin and libopenmpi-dev)';
  return {
    addon: null,
    reason: 'the MPI addon was not built, because there was no MPI (mpicc)',
    howToGet: `${install}, then run "${rebuildCommand()}"`,
  };
}

function lastFailure(): readonly string[] {
  try {
    return readFileSync(packageFile('native/build/mpi-failure.txt'), 'utf8').split('\n', 2);
  } catch {
    return [];
  }
}
