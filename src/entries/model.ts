/**
 * `rx-nvae/model`: the model and its training step without streams, and files of models and checkpoints. Loads no RxJS.
 *
 * In a browser it is `portableModel.ts`: all of it besides what reads and writes files.
 */
// What a browser has as well

export * from './portableModel.js';

// Files

export type { SaveOptions } from '../checkpoint/checkpoint.js';
export { checkpointExists, loadCheckpoint, saveCheckpoint } from '../checkpoint/checkpoint.js';
export { RunInUseError, RunTakenOverError } from '../checkpoint/lock/errors.js';
export { saveModel } from '../checkpoint/saveModel.js';
export { listConfigs, loadConfig } from '../config/loadConfig.js';
export { loadModel } from '../modelFiles/loadModel.js';
