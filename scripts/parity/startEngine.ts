/** Chooses the engine that the numbers are computed on. */
import '@tensorflow/tfjs-backend-cpu';
import { registerNativeBackend } from '../../src/engine/native/register.js';
import * as tf from '../../src/engine/tf.js';

/** @throws RangeError when there is no such engine */
export async function startEngine(name: string): Promise<void> {
  if (name === 'native') registerNativeBackend();
  else if (name !== 'cpu') throw new RangeError(`--engine: expected native or cpu, got ${name}`);
  if (!(await tf.setBackend(name))) throw new Error(`--engine: ${name} could not be started`);
}
