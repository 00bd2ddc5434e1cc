/** The engines by name, and the error for one that cannot be used. */
export const engineNames = ['tensorflow', 'webgpu', 'native', 'wasm', 'cpu'] as const;

export type EngineName = (typeof engineNames)[number];

/** The engine in use. */
export interface EngineInfo {
  readonly name: EngineName;
  /** For people, for example "AVX-512, 2 threads". */
  readonly description: string;
  readonly threads?: number;
  readonly simd?: string;
  /** What a user should know about this choice. */
  readonly warnings: readonly string[];
}

/** What is known about one engine on this machine. */
export interface EngineReport {
  readonly name: EngineName;
  readonly usable: boolean;
  /** Whether `auto` would take it. */
  readonly chosenByAuto: boolean;
  readonly description: string;
  /** Why it is not usable; empty when it is. */
  readonly reason: string;
  readonly howToGet: string;
}

/** The engine that was asked for cannot be used here; the message says why and how to get it. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}
