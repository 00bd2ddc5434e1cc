/** The only file that loads the native addon. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../base/errors.js';
import { processors } from '../../base/processors.js';
import { NativeUnavailableError } from '../engines.js';
import { EngineSettingError, engineSettings, type InstructionSet } from '../settings.js';
import type { Addon } from './addon.js';

/** The relative path is the same from src and from dist. */
const file = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const addonPath = file('native/build/nvae.node');
let loaded: Addon | undefined;

/**
 * Loads the addon at the first call and applies NVAE_THREADS and NVAE_SIMD (default: all processors that this process may use,
 * and the best instruction set).
 * @throws NativeUnavailableError when the addon was not built or does not load here.
 * @throws EngineSettingError when NVAE_THREADS or NVAE_SIMD is invalid, or this processor lacks the instruction set.
 */
export function loadAddon(): Addon {
  if (loaded) return loaded;
  const { threads, simd } = engineSettings();
  const addon = requireAddon();
  if (simd) chooseInstructionSet(addon, simd);
  addon.setThreads(threads ?? processors().usable);
  loaded = addon;
  return addon;
}

/** Returns what to do if there is no addon, or it does not load. */
export function howToBuild(): string {
  const [, advice] = lastFailure();
  return advice ?? `install a C++ compiler, make and python3, then run "${rebuildCommand(file(''))}"`;
}

/** Returns the command that rebuilds the addon for the package in this folder: a clone or an installed package. */
export function rebuildCommand(root: string): string {
  const folders = root.split(/[\\/]/);
  if (folders.includes('.pnpm')) return 'pnpm rebuild rx-nvae';
  return folders.includes('node_modules') ? 'npm rebuild rx-nvae' : 'npm run build:native';
}

function requireAddon(): Addon {
  if (!existsSync(addonPath)) {
    const [reason] = lastFailure();
    throw new NativeUnavailableError(`native/build/nvae.node was not built${reason ? `: ${reason}` : ''}`);
  }
  try {
    return createRequire(import.meta.url)(addonPath) as Addon;
  } catch (cause) {
    const message = `native/build/nvae.node does not load: ${messageOf(cause)}`;
    throw new NativeUnavailableError(message, { cause });
  }
}

/** Reads what scripts/build-native.mjs recorded about a failed build: the reason, what to do, and the whole output. */
function lastFailure(): string[] {
  try {
    return readFileSync(file('native/build/failure.txt'), 'utf8').split('\n', 2);
  } catch {
    return [];
  }
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
