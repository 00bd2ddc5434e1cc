/** The only file that loads the native addon. */
import { createRequire } from 'node:module';
import { messageOf } from '../../base/errors.js';
import { rebuildCommand } from '../../base/ownPackage.js';
import { processors } from '../../base/processors.js';
import { NativeUnavailableError } from '../engines.js';
import { EngineSettingError, engineSettings, type InstructionSet } from '../settings.js';
import type { Addon } from './addon.js';
import { addonFiles, lastFailure, prebuiltPackage } from './addonFiles.js';

/** An addon, and where it is from. */
export interface LoadedAddon {
  readonly addon: Addon;
  /** Path in the package, or a package with its version. */
  readonly from: string;
  /** Why what comes before it in the order was not taken, although it is there. */
  readonly refused: readonly string[];
}

let loaded: LoadedAddon | undefined;

/**
 * Loads the addon at the first call and applies NVAE_THREADS and NVAE_SIMD (default: all processors that this process may use,
 * and the best instruction set).
 * @throws NativeUnavailableError when there is none for this machine.
 * @throws EngineSettingError when NVAE_THREADS or NVAE_SIMD is invalid, or this processor lacks the instruction set.
 */
export function loadAddon(): Addon {
  return loadAddonFile().addon;
}

/** As `loadAddon`, with where it is from. */
export function loadAddonFile(): LoadedAddon {
  if (loaded) return loaded;
  const { threads, simd } = engineSettings();
  const found = requireAddon();
  if (simd) chooseInstructionSet(found.addon, simd);
  found.addon.setThreads(threads ?? processors().usable);
  loaded = found;
  return found;
}

/** Returns what to do if there is no addon, or it does not load. */
export function howToGetAddon(): string {
  const install = `install ${prebuiltPackage()} of the version of rx-nvae`;
  if (process.platform === 'win32') return install; // the kernels use vector extensions that Microsoft's compiler does not have
  const [, advice] = lastFailure();
  return advice ?? `${install}, or a C++ compiler, make and python3, then run "${rebuildCommand()}"`;
}

function requireAddon(): LoadedAddon {
  const absent: string[] = [];
  const refused: string[] = [];
  for (const { name, path, reason } of addonFiles()) {
    if (!path) {
      absent.push(`${name} ${reason}`);
      continue;
    }
    try {
      return { addon: createRequire(import.meta.url)(path) as Addon, from: name, refused };
    } catch (error) {
      refused.push(`${name} does not load: ${messageOf(error)}`);
    }
  }
  throw new NativeUnavailableError([...refused, ...absent].join('; '));
}

function chooseInstructionSet(addon: Addon, simd: InstructionSet): void {
  const possible = addon.instructionSets();
  if (!possible.includes(simd)) {
    throw new EngineSettingError(
      `NVAE_SIMD: this processor does not support ${simd} (it supports ${possible.join(' and ')}); unset it to use the best`,
    );
  }
  addon.setSimd(simd);
}
