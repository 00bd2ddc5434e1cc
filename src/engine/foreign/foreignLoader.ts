import type { EngineLoader, Probe } from '../loader.js';

/** An engine whose library is not ours and may crash or hang the process that loads it. */
export interface ForeignLoader extends EngineLoader {
  /** Why the engine cannot work here, if that is known without loading anything; else null. */
  missing(): string | null;
  /** Environment variables of the process in which the engine is tried. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Completes the result by what the library printed in that process. */
  heard?(probe: Probe, printed: string): Probe;
}
