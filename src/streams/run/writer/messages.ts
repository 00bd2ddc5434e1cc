/** Messages between a run and its writer thread. */
import type { Checkpoint } from '../../../checkpoint/checkpointContent.js';
import type { PlainError } from '../plainError.js';
import type { LogName } from './runWriter.js';

export type Request =
  | { readonly type: 'append'; readonly log: LogName; readonly bytes: Uint8Array }
  /** The first try to save a state sends it. The thread keeps it under its number until a try succeeds. */
  | {
      readonly type: 'save';
      readonly path: string;
      readonly state: number;
      readonly checkpoint?: Checkpoint;
    }
  | { readonly type: 'ready' }
  | { readonly type: 'flush' }
  | { readonly type: 'close' };

export type ToThread = Request & { readonly id: number };

export type FromThread =
  | { readonly type: 'done'; readonly id: number; readonly error?: PlainError }
  | { readonly type: 'lost'; readonly error: PlainError };
