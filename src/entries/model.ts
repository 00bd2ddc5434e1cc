/**
 * `rx-nvae/model`: the model and its training step without streams, and files of models and checkpoints. Loads no RxJS. In a
 * browser it is `browserModel.ts`.
 *
 * @module rx-nvae/model
 */
export * from './portableModel.js';

// Engines of Node

export { listEngines, useEngine } from '../engine/index.js';

// Files

export type { LoadCheckpointOptions, SaveOptions } from '../checkpoint/checkpoint.js';
export { checkpointExists, loadCheckpoint, saveCheckpoint } from '../checkpoint/checkpoint.js';
export { RunInUseError, RunTakenOverError } from '../checkpoint/lock/errors.js';
export { saveModel } from '../checkpoint/saveModel.js';
export type { ConfigListing, LoadConfigOptions } from '../config/loadConfig.js';
export { listConfigs, loadConfig } from '../config/loadConfig.js';
export { loadModel } from '../modelFiles/loadModel.js';
