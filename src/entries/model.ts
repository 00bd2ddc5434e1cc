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

export { checkpointExists } from '../checkpoint/checkpointExists.js';
export { RunInUseError, RunTakenOverError } from '../checkpoint/lock/errors.js';
export type { SaveOptions } from '../checkpoint/saveCheckpoint.js';
export { saveCheckpoint } from '../checkpoint/saveCheckpoint.js';
export { saveModel } from '../checkpoint/saveModel.js';
export type { ConfigListing, LoadConfigOptions } from '../config/loadConfig.js';
export { listConfigs, loadConfig } from '../config/loadConfig.js';
export type { LoadCheckpointOptions } from '../modelFiles/loadCheckpoint.js';
export { loadCheckpoint } from '../modelFiles/loadCheckpoint.js';
export { loadModel } from '../modelFiles/loadModel.js';
export type { PretrainedFacts, PretrainedModel } from '../modelFiles/pretrained/pretrainedModel.js';
export { pretrainedModel, pretrainedModels } from '../modelFiles/pretrained/pretrainedModel.js';
export type { ReadModelOptions } from '../modelFiles/torch/readTorchFile.js';
export { saveTorchCheckpoint } from '../modelFiles/torch/saveTorchCheckpoint.js';
export { saveTorchModel } from '../modelFiles/torch/saveTorchModel.js';
export { torchOmissions } from '../modelFiles/torch/torchOmissions.js';
