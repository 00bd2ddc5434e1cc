/** The environment variables of the engines. They are checked whatever engine is used: an invalid value is never ignored. */

export const instructionSets = ['avx512', 'avx2', 'portable'] as const;

export type InstructionSet = (typeof instructionSets)[number];

export const tensorflowDevices = ['cpu', 'gpu'] as const;

export type TensorflowDevice = (typeof tensorflowDevices)[number];

export interface EngineSettings {
  /** NVAE_THREADS: threads of the native engine; null if it is not set. */
  readonly threads: number | null;
  /** NVAE_SIMD: instruction set of the native engine; null if it is not set. */
  readonly simd: InstructionSet | null;
  /** NVAE_WINOGRAD: whether the native engine computes 3x3 convolutions by Winograd's way where that is faster. @default true */
  readonly winograd: boolean;
  /** NVAE_TENSORFLOW_DEVICE: device of the tensorflow engine; null if it is not set. */
  readonly tensorflowDevice: TensorflowDevice | null;
}

/** An environment variable of an engine has an invalid value, or requests something that this processor lacks. */
export class EngineSettingError extends RangeError {
  override readonly name = 'EngineSettingError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Browsers have no environment. */
const environmentHere = (): Environment => globalThis.process?.env ?? {};

const mostThreads = 1024;

/**
 * Reads NVAE_THREADS, NVAE_SIMD, NVAE_WINOGRAD and NVAE_TENSORFLOW_DEVICE; an empty value counts as not set.
 * @throws EngineSettingError when one of them is invalid
 */
export function engineSettings(environment: Environment = environmentHere()): EngineSettings {
  return {
    threads: threadsOf(environment.NVAE_THREADS),
    simd: simdOf(environment.NVAE_SIMD),
    winograd: winogradOf(environment.NVAE_WINOGRAD),
    tensorflowDevice: deviceOf(environment.NVAE_TENSORFLOW_DEVICE),
  };
}

function threadsOf(text: string | undefined): number | null {
  if (!text) return null;
  const threads = /^\d+$/.test(text) ? Number(text) : 0;
  if (threads >= 1 && threads <= mostThreads) return threads;
  throw new EngineSettingError(
    `NVAE_THREADS: must be an integer from 1 to ${mostThreads} (got "${text}"); unset it to use all processors`,
  );
}

function simdOf(text: string | undefined): InstructionSet | null {
  if (!text) return null;
  const known = instructionSets.find((name) => name === text);
  if (known) return known;
  throw new EngineSettingError(
    `NVAE_SIMD: must be avx512, avx2 or portable (got "${text}"); unset it to use the best this processor has`,
  );
}

function winogradOf(text: string | undefined): boolean {
  if (!text || text === '1') return true;
  if (text === '0') return false;
  throw new EngineSettingError(
    `NVAE_WINOGRAD: must be 0 or 1 (got "${text}"); unset it to use Winograd's convolutions`,
  );
}

function deviceOf(text: string | undefined): TensorflowDevice | null {
  if (!text) return null;
  const known = tensorflowDevices.find((name) => name === text);
  if (known) return known;
  throw new EngineSettingError(
    `NVAE_TENSORFLOW_DEVICE: must be cpu or gpu (got "${text}"); unset it to use the default of the package`,
  );
}
