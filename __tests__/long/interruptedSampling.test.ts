/** Commands that load a model and compute with it, interrupted before they have anything to keep. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { useTestEngine } from '../support/engine.js';
import { useModelFile } from '../support/modelFile.js';
import { writePictures } from '../support/pictures.js';
import { startCli } from '../support/runCli.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useTestEngine();
useModelFile(() => inFolder('small.model'));
beforeEach(() => writePictures(inFolder('images of mine'), 2));

const [endless, between] = ['1000000', '1000000'];

describe.each([
  ['sample', ['small.model', '0.7', endless]],
  ['explore', ['small.model', '0.7', endless]],
  ['cherry', ['small.model', '0.7', endless]],
  ['evaluate', ['small.model', 'images of mine', '--samples', endless]],
  ['interpolate', ['small.model', 'images of mine/00.png', 'images of mine/01.png', between]],
])('nvae %s', (command, args) => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'should stop at the first %s, with nothing written',
    async (signal) => {
      const run = startCli([command, ...args, '--engine', 'native'], { cwd: inFolder() });
      await run.shows('engine native');
      run.child.kill(signal);
      const { code, stdout } = await run.ended;
      expect([code, stdout]).toEqual([130, '']);
      expect(existsSync(inFolder('images')) ? await readdir(inFolder('images')) : []).toEqual([]);
    },
  );
});
