import type { EngineLoader, Probe } from '../loader.js';

/** An engine based on a third-party library that may crash or hang the process that loads it. */
export interface ForeignLoader extends EngineLoader {
  /** Returns why the engine cannot work here, if that is known without loading anything; otherwise null. */
  missing(): string | null;
  /** Environment variables for the process that tries the engine. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Completes the result with what the library printed in that process. */
  heard?(probe: Probe, printed: string): Probe;
}
