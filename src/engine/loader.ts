/** The interface through which each engine's module takes part in the choice of an engine. */
import type { EngineName, UseEngineOptions } from './engines.js';
import type * as tf from './tf.js';

/** Result of checking whether an engine works here. */
export type Probe =
  | {
      readonly usable: true;
      readonly description: string;
      /** Whether `auto` may choose it: a GPU engine without a real GPU works, but is a bad choice. */
      readonly forAuto: boolean;
      /** Why `auto` does not choose it. */
      readonly reason?: string;
      /** What the user should know when this engine is used. */
      readonly warning?: string;
      readonly threads?: number;
      readonly simd?: string;
      /** Path of the third-party library that does the computation. */
      readonly library?: string;
      /** How to enable a GPU, if the engine could use one but does not. */
      readonly forGpu?: string;
    }
  | {
      readonly usable: false;
      readonly reason: string;
      /** Whether the engine is installed and should work, so that `auto` warns when it skips it. */
      readonly broken?: boolean;
    };

export interface EngineLoader {
  readonly name: EngineName;
  /** Name of the backend in tfjs. */
  readonly backendName: string;
  readonly howToGet: string;
  /**
   * Checks whether the engine works here, loading what it needs. `options` are those of `useEngine`.
   * @throws EngineSettingError when an environment variable is invalid; nothing else
   */
  probe(options?: UseEngineOptions): Promise<Probe>;
  /** Whether it is known without loading anything that `auto` would not choose the engine. */
  passedOver?(): boolean;
  /** Registers the backend with tfjs; only called after a successful probe. */
  register(options?: UseEngineOptions): Promise<void>;
  /** Called with the backend once it is in use. */
  started?(backend: tf.KernelBackend): void;
}
