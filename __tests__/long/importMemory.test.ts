/** How much memory the import of a large checkpoint takes: it is read and written in pieces. */
import { stat } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { TensorData } from '../../src/base/plainData.js';
import type { Checkpoint } from '../../src/checkpoint/checkpointContent.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import { saveTorchCheckpoint } from '../../src/modelFiles/torch/saveTorchCheckpoint.js';
import { torchLayout } from '../../src/modelFiles/torch/torchLayout.js';
import { nvaeCommand, runCli } from '../support/runCli.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const tellPeak = "process.on('exit', () => console.error('peak', process.resourceUsage().maxRSS));";

/** A checkpoint of this configuration whose values are all 0. */
async function emptyCheckpoint(name: string): Promise<Checkpoint> {
  const config = await loadConfig(name);
  const tensors = new Map<string, TensorData>();
  for (const { name, shape, kind } of torchLayout(config.model)) {
    const length = shape.reduce((product, size) => product * size, 1);
    const zeros = (): TensorData => ({ dtype: 'float32', shape, data: new Float32Array(length) });
    tensors.set(name, kind === 'counter' ? { dtype: 'int32', shape, data: Int32Array.of(1) } : zeros());
    if (kind !== 'parameter') continue;
    tensors.set(`adamax.momentum.${name}`, zeros());
    tensors.set(`adamax.maximum.${name}`, zeros());
  }
  const position = { epoch: 1, batchInEpoch: 0, step: 10, imagesSeen: 320 };
  const dataPosition = { epoch: 1, imagesTaken: 0 };
  return { config, tensors, state: { seed: 0, position, optimizerUpdates: 10 }, dataPosition };
}

test('should import 25 million parameters within the size of the file and 1.5 times the tensors', async () => {
  const path = inFolder('large.checkpoint');
  const checkpoint = await emptyCheckpoint('logistic_mixture10latent');
  await saveTorchCheckpoint(path, checkpoint);
  const tensorBytes = [...checkpoint.tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  expect(tensorBytes).toBeGreaterThan(3 * 4 * 25e6);

  const [node = '', ...main] = nvaeCommand;
  const command = [node, '--import', `data:text/javascript,${encodeURIComponent(tellPeak)}`, ...main];
  const { code, stderr } = await runCli(['import', path, '--json'], { cwd: inFolder(), command });

  expect(code).toBe(0);
  const kibibytes = Number(/^peak (\d+)$/m.exec(stderr)?.[1]);
  expect(kibibytes * 1024).toBeLessThan((await stat(path)).size + 1.5 * tensorBytes);
}, 300_000);
