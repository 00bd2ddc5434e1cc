/** Runs in a browser: samples from the model that the server has, trains one step, and posts what came out. */
import {
  checkpointToBytes,
  engineInUse,
  keyedNoise,
  listEngines,
  modelFromBytes,
  parseConfig,
  Trainer,
  tf,
  useEngine,
} from 'rx-nvae/model';
import { config, sampling, wasmFolder } from './shared.js';

async function run(): Promise<object> {
  const refused = await useEngine('native').catch(({ name, message }) => ({ name, message }));
  const engines = (await listEngines()).map(({ name, usable }) => [name, usable]);
  const { warnings } = await useEngine('auto', { wasmPaths: wasmFolder });
  const tensors = tf.memory().numTensors;
  const response = await fetch('/squares.model');
  const model = await modelFromBytes(await response.arrayBuffer(), { name: 'squares.model' });
  const { count, temperature, seed } = sampling;
  const images = model.sample(count, temperature, keyedNoise(seed, 'sample', 0));
  const values = [...(await images.data())];
  images.dispose();
  model.dispose();
  const trainer = await Trainer.create(parseConfig(config, { file: 'browser.yaml' }));
  const size = trainer.config.model.inputDimension;
  const pixels = new Uint8Array(2 * size * size * 3).fill(100);
  const { loss } = await trainer.step({ pixels, shape: [2, size, size, 3] }, 0);
  const checkpoint = [...(await checkpointToBytes(await trainer.snapshot()))];
  await trainer.dispose();
  const left = tf.memory().numTensors - tensors;
  return { engine: engineInUse()?.name, engines, warnings, refused, values, loss, checkpoint, left };
}

const result = await run().catch((error: unknown) => ({ error: String(error) }));
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
