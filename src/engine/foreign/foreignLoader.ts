/** Engines that load libraries which are not ours, and which may end or stop the process that loads them. */
import type { EngineLoader, Probe } from '../loader.js';
import { tensorflowLoader } from '../tensorflow/loader.js';
import { webgpuLoader } from '../webgpu/loader.js';

export interface ForeignLoader extends EngineLoader {
  /** Why the engine cannot work here, where that shows without loading anything; null where it does not. */
  missing(): string | null;
  /** Environment variables of the process in which the engine is tried. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What is known besides from what the library printed there. */
  heard?(probe: Probe, printed: string): Probe;
}

export const foreignLoaders = { tensorflow: tensorflowLoader, webgpu: webgpuLoader } as const;

export type ForeignName = keyof typeof foreignLoaders;
