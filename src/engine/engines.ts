/** The engines by name, and the errors for one that cannot be used. */
import { nearest } from '../base/nearest.js';

export const engineNames = ['tensorflow', 'webgpu', 'native', 'wasm', 'cpu'] as const;

export type EngineName = (typeof engineNames)[number];

/** What `useEngine` is asked for. The texts are for configurations and arguments: a name that is unknown is an error. */
export type EngineChoice = EngineName | 'auto' | (string & {});

/** The files of tfjs' WebAssembly backend. */
export type WasmFileName =
  | 'tfjs-backend-wasm.wasm'
  | 'tfjs-backend-wasm-simd.wasm'
  | 'tfjs-backend-wasm-threaded-simd.wasm';

export interface UseEngineOptions {
  /**
   * Where the `.wasm` files of `@tensorflow/tfjs-backend-wasm` are: the folder, with a slash at its end, or the address of
   * each. Only the first start of the engine `wasm` looks at it. @default in Node its package, in a browser beside the page
   */
  readonly wasmPaths?: string | Readonly<Record<WasmFileName, string>>;
}

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
  readonly threads?: number;
  readonly simd?: string;
  /** The path of the library that is not ours and computes; only where it is known. */
  readonly library?: string;
  /** What to do for a GPU, where the engine could use one and does not. */
  readonly forGpu?: string;
  /** Why it is not usable, or, where its description does not tell, why `auto` never takes it; empty otherwise. */
  readonly reason: string;
  /** What to do to get it, one sentence. */
  readonly howToGet: string;
}

/** There is no engine of that name; the message lists them and names the nearest. */
export class UnknownEngineError extends RangeError {
  override readonly name = 'UnknownEngineError';

  constructor(given: string) {
    const known = ['auto', ...engineNames];
    const near = nearest(given, known);
    const hint = near === null ? '' : `; did you mean ${near}?`;
    super(`engine: expected ${known.slice(0, -1).join(', ')} or ${known.at(-1)}, got "${given}"${hint}`);
  }
}

/** The engine that was asked for cannot be used here; the message says why and how to get it. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/** The native addon is missing or does not load; the message says what was tried. */
export class NativeUnavailableError extends Error {
  override readonly name = 'NativeUnavailableError';
}

/**
 * The engine failed while it computed: its device was lost, refused an operation, or ran out of memory. Results since then are
 * worthless, so every later read throws this error too, until `useEngine` starts the engine anew.
 */
export class EngineFailedError extends Error {
  override readonly name = 'EngineFailedError';

  constructor(engine: EngineName, problem: string) {
    const advice =
      'try again, with a smaller batch_size if memory ran out, or with another engine (--engine native)';
    super(`engine ${engine}: ${problem}; ${advice}`);
  }
}
