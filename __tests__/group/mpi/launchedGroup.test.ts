/** What a rank is told when a launcher has started it, but there is no MPI to work with. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { built } from '../../support/build/built.js';
import { noMpi } from '../../support/ranks/mpirun.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const path = useTemporaryFolder();

/** Runs launchedGroup in a package with these files in native/build, as a rank of mpirun would be. */
function launched(rank: number, files: Record<string, string> = {}, target = path('package')) {
  mkdirSync(join(target, 'native/build'), { recursive: true });
  for (const folder of ['base', 'group'])
    cpSync(built(folder), join(target, 'dist', folder), { recursive: true });
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(target, 'native/build', name), text);
  return runLaunched(join(target, 'dist'), rank);
}

function runLaunched(folder: string, rank: number) {
  const url = pathToFileURL(join(folder, 'group/mpi/launchedGroup.js')).href;
  const code = `import(${JSON.stringify(url)}).then(({ launchedGroup }) => launchedGroup()).catch((error) => {
    console.log(String(error));
    process.exit(1);
  })`;
  const start = performance.now();
  const { stdout, status } = spawnSync(process.execPath, ['-e', code], {
    encoding: 'utf8',
    env: { ...process.env, OMPI_COMM_WORLD_RANK: String(rank), OMPI_COMM_WORLD_SIZE: '3' },
  });
  return { text: stdout, status, ms: performance.now() - start };
}

test('should say what to install, first on rank 0', () => {
  const first = launched(0);
  expect(first).toMatchObject({
    status: 1,
    text: 'GroupError: mpirun has started 3 processes, which cannot work together: the MPI addon was not built, because there was no MPI (mpicc); install MPI with its compiler mpicc (Debian and Ubuntu: openmpi-bin and libopenmpi-dev), then run "npm run build:native"\n',
  });
  const other = launched(1);
  expect(other).toMatchObject({ status: 1, text: first.text });
  expect(other.ms).toBeGreaterThan(1500);
});

test('should say why the addon was not built', () => {
  const { text } = launched(0, { 'mpi-failure.txt': 'no room\nmake some, then run "it"\n\nall output' });
  expect(text).toContain('together: the MPI addon was not built: no room; make some, then run "it"\n');
});

test('should say that an addon does not load, in the command of an installed package', () => {
  const { text } = launched(0, { 'mpi.node': 'not an addon' }, path('node_modules/rx-nvae'));
  expect(text).toMatch(
    /together: native\/build\/mpi\.node does not load: .*; run "node node_modules\/rx-nvae\/scripts\/build-native\.mjs --strict"\n$/,
  );
});

(noMpi ? test.skip : test)(
  `should refuse to be alone when the launcher has started more${noMpi && `: SKIPPED, ${noMpi}`}`,
  () => {
    const { text, status } = runLaunched(built(''), 0);
    expect(status).toBe(1);
    expect(text).toMatch(
      /^GroupError: mpirun has started 3 processes, which cannot work together: the MPI that the addon was built with \(.*\) sees only this one; start them with that MPI's mpirun, or with an srun that supports it \(srun --mpi=pmix\)\n$/,
    );
  },
);
