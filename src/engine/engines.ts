/** The engines by name, and the errors for one that cannot be used. */
import { nearest } from '../base/nearest.js';

/** All engines, in the order in which `auto` tries them. */
export const engineNames = ['tensorflow', 'webgpu', 'native', 'wasm', 'cpu'] as const;

/** Name of an engine. */
export type EngineName = (typeof engineNames)[number];

/** What `useEngine` takes: a name or `auto`. Other texts, for example out of arguments, compile, but are rejected with an `UnknownEngineError`. */
export type EngineChoice = EngineName | 'auto' | (string & {});

/** The files of tfjs' WebAssembly backend. */
export type WasmFileName =
  | 'tfjs-backend-wasm.wasm'
  | 'tfjs-backend-wasm-simd.wasm'
  | 'tfjs-backend-wasm-threaded-simd.wasm';

/** Options of `useEngine`. */
export interface UseEngineOptions {
  /**
   * Where the `.wasm` files of `@tensorflow/tfjs-backend-wasm` are: the folder, with a slash at its end, or the address of
   * each. Only the first start of the engine `wasm` looks at it. @default in Node its package, in a browser beside the page
   */
  readonly wasmPaths?: string | Readonly<Record<WasmFileName, string>>;
}

/** The engine in use. */
export interface EngineInfo {
  /** Name of the engine; never `auto`. */
  readonly name: EngineName;
  /** For people, for example "AVX-512, 2 threads". */
  readonly description: string;
  /** Number of threads, if the engine has a fixed number. */
  readonly threads?: number;
  /** Instruction set, for example `avx2`, if the engine chooses one. */
  readonly simd?: string;
  /** What a user should know about this choice. */
  readonly warnings: readonly string[];
}

/** What is known about one engine on this machine. */
export interface EngineReport {
  /** Name of the engine. */
  readonly name: EngineName;
  /** Whether it works on this machine. */
  readonly usable: boolean;
  /** Whether `auto` would choose it. */
  readonly chosenByAuto: boolean;
  /** For people, for example "AVX-512, 2 threads". */
  readonly description: string;
  /** Number of threads, if the engine has a fixed number. */
  readonly threads?: number;
  /** Instruction set, for example `avx2`, if the engine chooses one. */
  readonly simd?: string;
  /** Path of the third-party library that computes, if it is known. */
  readonly library?: string;
  /** How to make the engine use a GPU, if it could and does not. */
  readonly forGpu?: string;
  /** Why it is not usable or why `auto` never chooses it; else empty. */
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
