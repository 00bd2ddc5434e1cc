/**
 * Repeats work that makes the same operations again and again, such as a training step, as a list of native calls: without tfjs, without
 * a tape, and without creating a tensor for each operation. Only on the native engine; on others the work just runs.
 */

import type { NativeBackend } from './native/backend.js';
import type { Block } from './native/bufferPool.js';
import { nativeBackend } from './native/inUse.js';
import type { Recording } from './native/recording.js';
import * as tf from './tf.js';

/** How work gets what is different each time: everything else in it must depend on the key alone. */
export interface Inputs<C> {
  /** Makes a tensor now, and the values of another one at each replay. The work owns it. */
  tensor<T extends tf.Tensor>(make: (context: C) => T): T;
  /** The same for plain numbers, in number always the same. */
  values(make: (context: C) => Float32Array): Float32Array;
}

/** What work leaves. */
export interface Outcome<D> {
  /** The caller of `run` owns them. */
  readonly tensors: readonly tf.Tensor[];
  /** Plain data that depends on the key alone. */
  readonly details: D;
}

/** An input's memory in a recording, and what fills it. */
interface Input<C> {
  readonly memory: Float32Array;
  readonly make: (context: C) => tf.Tensor | Float32Array;
}

/** Where a result is. Several tensors may share a block. */
interface Result {
  readonly block: Block;
  readonly shape: number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
}

interface Program<C, D> {
  readonly recording: Recording;
  readonly inputs: readonly Input<C>[];
  readonly results: readonly Result[];
  readonly details: D;
}

/** What is known of the work with one key. */
interface Known<C, D> {
  last: Program<C, D> | null;
  /** Whether the last two recordings are the same. */
  isProven: boolean;
  /** Recordings since the last replay. */
  wasted: number;
}

/** Work that still cannot be replayed after this many recordings is no longer recorded. */
const mostWasted = 5;

/** Programs of other keys than the most recent ones are forgotten. */
const mostKeys = 64;

let allowed = true;

/** Runs `use` with every operation executed by tfjs, for example to measure each. */
export async function withoutReplays<T>(use: () => Promise<T>): Promise<T> {
  allowed = false;
  try {
    return await use();
  } finally {
    allowed = true;
  }
}

/**
 * Programs by key. C is what the inputs are made of, D the plain data of an outcome.
 *
 * A program is used after the work has made the same calls with the same numbers twice. It is recorded anew when a tensor from outside
 * is no longer where it was, or when its memory is in use; never if the work reads values or has an operation that the addon does not.
 */
export class Replays<C, D> {
  readonly #known = new Map<string, Known<C, D>>();

  /**
   * Runs the work or, if it is known well enough, replays it. Bits are the same.
   * @param key everything that the operations of the work depend on
   * @param context what the inputs are made of
   * @param outside the tensors that the work reads besides its inputs, such as parameters: their values may change in place
   */
  run(
    key: string,
    context: C,
    outside: readonly tf.Tensor[],
    work: (inputs: Inputs<C>) => Outcome<D>,
  ): Outcome<D> {
    const backend = nativeBackend();
    const known = this.#knownOf(key);
    if (!backend || !allowed || known.wasted >= mostWasted) return work(plainInputs(context));
    const { last, isProven } = known;
    if (last && isProven && backend.isCurrent(last.recording)) {
      known.wasted = 0;
      return replay(backend, last, context);
    }
    known.wasted += 1;
    last?.recording.release();
    const { outcome, program } = record(backend, context, outside, work);
    known.isProven = Boolean(program && last?.recording.isSameAs(program.recording));
    if (!known.isProven) program?.recording.release();
    known.last = program;
    return outcome;
  }

  /** Forgets all programs. */
  clear(): void {
    this.#known.clear();
  }

  #knownOf(key: string): Known<C, D> {
    const known = this.#known.get(key) ?? { last: null, isProven: false, wasted: 0 };
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size > mostKeys) this.#known.delete(oldest);
    }
    return known;
  }
}

/** Inputs for work that is not replayed. */
export function plainInputs<C>(context: C): Inputs<C> {
  return { tensor: (make) => make(context), values: (make) => make(context) };
}

function record<C, D>(
  backend: NativeBackend,
  context: C,
  outside: readonly tf.Tensor[],
  work: (inputs: Inputs<C>) => Outcome<D>,
): { readonly outcome: Outcome<D>; readonly program: Program<C, D> | null } {
  const inputs: Input<C>[] = [];
  const recordingInputs = (recording: Recording): Inputs<C> => ({
    tensor: (make) => {
      const tensor = recording.asInput(() => make(context));
      inputs.push({ memory: backend.floats(tensor), make });
      return tensor;
    },
    values: (make) => {
      const memory = recording.asInput(() => make(context));
      inputs.push({ memory, make });
      return memory;
    },
  });
  const { result: outcome, recording } = backend.record(outside, (recording) =>
    work(recordingInputs(recording)),
  );
  const results = outcome.tensors.map((tensor) => resultOf(backend, recording, tensor));
  const { details } = outcome;
  const isComplete = recording.problem === null;
  return { outcome, program: isComplete ? { recording, inputs, results: results.flat(), details } : null };
}

/** A result must be in pooled memory, which a replay can fill again, and as its type says. */
function resultOf(backend: NativeBackend, recording: Recording, tensor: tf.Tensor): Result[] {
  const block = backend.blockOf(tensor);
  if (block && !backend.isRounded(tensor) && recording.hasMade(tensor.dataId)) {
    return [{ block, shape: tensor.shape, dtype: tensor.dtype as Result['dtype'] }];
  }
  recording.cannotReplay('a result that is no new tensor, or is rounded');
  return [];
}

function replay<C, D>(
  backend: NativeBackend,
  { recording, inputs, results, details }: Program<C, D>,
  context: C,
): Outcome<D> {
  for (const { memory, make } of inputs) {
    const given = make(context);
    if (given instanceof Float32Array) memory.set(given);
    else {
      memory.set(backend.floats(given));
      given.dispose();
    }
  }
  recording.replay();
  const adopted = new Map<Block, tf.TensorInfo>();
  const tensors = results.map(({ block, shape, dtype }) => {
    const known = adopted.get(block);
    const info = known ? backend.reshaped(known, shape) : backend.adopt(block, shape, dtype);
    if (!known) adopted.set(block, info);
    return tf.engine().makeTensorFromTensorInfo(info, backend);
  });
  return { tensors, details };
}
