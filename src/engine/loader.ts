/** What one engine's file offers to the choice of engines. */
import type { EngineName, UseEngineOptions } from './engines.js';
import type * as tf from './tf.js';

/** Outcome of looking whether an engine works here. */
export type Probe =
  | {
      readonly usable: true;
      readonly description: string;
      /** Whether `auto` may take it: a GPU engine without a real GPU works, but is no good choice. */
      readonly forAuto: boolean;
      /** Why `auto` does not take it. */
      readonly reason?: string;
      /** What a user should know who gets this engine. */
      readonly warning?: string;
      readonly threads?: number;
      readonly simd?: string;
      /** The path of the library that is not ours and computes. */
      readonly library?: string;
      /** What to do for a GPU, where the engine could use one and does not. */
      readonly forGpu?: string;
    }
  | {
      readonly usable: false;
      readonly reason: string;
      /** Whether it is there and should work, so that `auto` does not pass over it without a word. */
      readonly broken?: boolean;
    };

export interface EngineLoader {
  readonly name: EngineName;
  /** Name under which tfjs knows the backend. */
  readonly backendName: string;
  readonly howToGet: string;
  /**
   * Looks whether the engine works here, loading what that takes.
   * @throws EngineSettingError when an environment variable makes no sense; nothing else
   */
  probe(): Promise<Probe>;
  /** Whether it shows without loading anything that `auto` would not take it. */
  passedOver?(): boolean;
  /** Makes the backend known to tfjs; only called after a successful probe. */
  register(options?: UseEngineOptions): Promise<void>;
  /** Called with the backend when it is the one in use. */
  started?(backend: tf.KernelBackend): void;
}
