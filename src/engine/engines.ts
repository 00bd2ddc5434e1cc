/** The engine names and reports, and the errors for engines that cannot be used. */
import { nearest } from '../base/nearest.js';

/** All engines, in the order in which `auto` tries them. */
export const engineNames = ['tensorflow', 'webgpu', 'native', 'wasm', 'cpu'] as const;

/** Name of an engine. */
export type EngineName = (typeof engineNames)[number];

/** Argument of `useEngine`: a name or `auto`. Other strings (such as arguments) compile but cause an `UnknownEngineError`. */
export type EngineChoice = EngineName | 'auto' | (string & {});

/** The files of tfjs' WebAssembly backend. */
export type WasmFileName =
  | 'tfjs-backend-wasm.wasm'
  | 'tfjs-backend-wasm-simd.wasm'
  | 'tfjs-backend-wasm-threaded-simd.wasm';

/** Options of `useEngine`. */
export interface UseEngineOptions {
  /**
   * Where to find the `.wasm` files of `@tensorflow/tfjs-backend-wasm`: a folder, with a trailing slash, or the address of
   * each file. Only the first start of the engine `wasm` uses it. @default in Node its package, in a browser the page's folder
   */
  readonly wasmPaths?: string | Readonly<Record<WasmFileName, string>>;
  /**
   * What the engine `webgpu` needs in a browser: `() => import('@tensorflow/tfjs-backend-webgpu')`. A function, so that pages without
   * WebGPU do not load the package. Node finds it by itself. @default `auto` passes the engine over
   */
  readonly webgpuBackend?: () => Promise<{ readonly WebGPUBackend: unknown }>;
}

/** The engine in use. */
export interface EngineInfo {
  /** Name of the engine; never `auto`. */
  readonly name: EngineName;
  /** Text for the user, such as "AVX-512, 2 threads". */
  readonly description: string;
  /** Number of threads, if the engine has a fixed number. */
  readonly threads?: number;
  /** Instruction set, for example `avx2`, if the engine chooses one. */
  readonly simd?: string;
  /** What the user should know about this choice. */
  readonly warnings: readonly string[];
}

/** Report on one engine on this machine. */
export interface EngineReport {
  /** Name of the engine. */
  readonly name: EngineName;
  /** Whether it works on this machine. */
  readonly usable: boolean;
  /** Whether `auto` would choose it. */
  readonly chosenByAuto: boolean;
  /** Text for the user, such as "AVX-512, 2 threads". */
  readonly description: string;
  /** Number of threads, if the engine has a fixed number. */
  readonly threads?: number;
  /** Instruction set, for example `avx2`, if the engine chooses one. */
  readonly simd?: string;
  /** Path of the third-party library that does the computation, if known. */
  readonly library?: string;
  /** How to make the engine use a GPU, if it could but does not. */
  readonly forGpu?: string;
  /** Why it is not usable or why `auto` never chooses it; otherwise empty. */
  readonly reason: string;
  /** How to install the engine, in one sentence. */
  readonly howToGet: string;
}

/** No engine has that name; the message lists the names and suggests the nearest. */
export class UnknownEngineError extends RangeError {
  override readonly name = 'UnknownEngineError';

  constructor(given: string) {
    const known = ['auto', ...engineNames];
    const near = nearest(given, known);
    const hint = near === null ? '' : `; did you mean ${near}?`;
    super(`engine: expected ${known.slice(0, -1).join(', ')} or ${known.at(-1)}, got "${given}"${hint}`);
  }
}

/** The requested engine cannot be used here; the message says why and how to install it. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/** The native addon is missing or does not load; the message says what was tried. */
export class NativeUnavailableError extends Error {
  override readonly name = 'NativeUnavailableError';
}

/**
 * The engine failed during a computation: its device was lost, rejected an operation, or ran out of memory. All later results are
 * invalid, so every later read throws this error too, until `useEngine` restarts the engine.
 */
export class EngineFailedError extends Error {
  override readonly name = 'EngineFailedError';
  /** The engine that failed. */
  readonly engine: EngineName;
  /** What went wrong: for example `device lost (unknown): ...`. */
  readonly problem: string;
  /** What to do about it. */
  readonly advice: string;

  constructor(
    engine: EngineName,
    problem: string,
    advice = 'try again, or use another engine (--engine native)',
  ) {
    super(`engine ${engine}: ${problem}; ${advice}`);
    this.engine = engine;
    this.problem = problem;
    this.advice = advice;
  }
}
