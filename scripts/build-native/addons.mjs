import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where the binding.gyp of an addon is, what it is compiled with, and what users lose without it. */
export const computeAddon = {
  name: 'nvae',
  folder: '.',
  env: {},
  failureFile: 'failure.txt',
  what: 'the native engine was not built',
  consequence: 'the slower wasm engine will be used',
};

/** mpicc is the compiler that knows where the headers and libraries of this machine's MPI are. */
export const mpiAddon = {
  name: 'mpi',
  folder: 'native/mpi',
  env: { CC: 'mpicc', CXX: 'mpicc' },
  failureFile: 'mpi-failure.txt',
  what: 'the MPI addon was not built',
  consequence: 'one training cannot use several machines',
};

/** Whether this machine has an MPI to compile with, and the package the sources. */
export function hasMpi(root) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return (
    existsSync(join(root, mpiAddon.folder)) && folders.some((folder) => existsSync(join(folder, 'mpicc')))
  );
}
