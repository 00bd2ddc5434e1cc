/** The process that handles the inputs: one message per case, one answer per case. Its parent watches it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { useEngine } from '../../src/engine/index.js';
import type { Expected, Kind } from './fuzzCase.js';
import type { Verdict } from './judge.js';
import { judge } from './judge.js';

export interface Task {
  readonly kind: Kind;
  readonly path: string;
  readonly expected: Expected;
}

export interface Answer extends Verdict {
  /** Memory in use before the case; `bytesPeak` is the maximum during it. */
  readonly bytesBefore: number;
  readonly bytesPeak: number;
}

async function answer({ kind, path, expected }: Task): Promise<Answer> {
  globalThis.gc?.();
  resetPeak();
  const bytesBefore = process.memoryUsage.rss();
  const verdict = await judge(kind, path, expected);
  return { ...verdict, bytesBefore, bytesPeak: peak() };
}

/** Linux can reset the peak; elsewhere it only grows, so the first case that raises it is blamed. */
function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux.
  }
}

function peak(): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

await useEngine('cpu');
process.on('message', async (task: Task) => process.send?.(await answer(task)));
process.send?.('ready');
