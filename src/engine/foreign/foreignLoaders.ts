import { tensorflowLoader } from '../tensorflow/loader.js';
import { webgpuLoader } from '../webgpu/loader.js';

/** The engines that are tried in a separate process, by name. */
export const foreignLoaders = { tensorflow: tensorflowLoader, webgpu: webgpuLoader } as const;

export type ForeignName = keyof typeof foreignLoaders;
