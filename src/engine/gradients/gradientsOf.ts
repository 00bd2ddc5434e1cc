/** Memory-efficient reverse-mode differentiation with tfjs' operations and gradient functions. */
import { sumInto } from '../fused/sumInto.js';
import { NativeBackend } from '../native/backend.js';
import { nativeBackend } from '../native/inUse.js';
import * as tf from '../tf.js';
import { withLastUse } from './lastUse.js';
import { LaterSums } from './laterSums.js';
import { Tape } from './tape.js';
import type { TapeNode } from './tapeNode.js';
import './reductions.js';

export interface ValueAndGradients {
  readonly value: tf.Tensor;
  /** One for each x; undefined if the value does not depend on it. */
  readonly gradients: (tf.Tensor | undefined)[];
}

/**
 * Computes the value of f and its gradients in the xs, like tf.variableGrads and tf.grads. Frees what an operation saved, and
 * the gradient of its result, as soon as the operation's own gradient is computed; tfjs frees them at the end.
 *
 * May be called inside an operation's gradient function (see recomputed.ts) and inside a kernel. Does not compute gradients of
 * gradients. In half precision (halfPrecision.ts), tensors are saved in bfloat16.
 *
 * Ownership: the caller keeps the xs and dy, and owns value and gradients.
 *
 * @param dy the gradient of the value; 1 by default
 * @param complete called with the gradient in each x as soon as nothing will be added to it; the gradient is float32, and no other tensor
 *   shares its memory, so that it may be changed in place
 */
export function gradientsOf(
  f: () => tf.Tensor,
  xs: readonly tf.Tensor[],
  dy?: tf.Tensor,
  complete?: (gradient: tf.Tensor) => void,
): ValueAndGradients {
  const tape = new Tape(xs);
  try {
    const value = record(tape, f);
    try {
      return { value, gradients: backpropagate(tape, xs, value, dy, complete) };
    } catch (error) {
      value.dispose();
      throw error;
    }
  } finally {
    tape.releaseAll();
  }
}

/** Replaces the tape while f runs: tfjs has only one, which may be in use, and it records nothing inside a kernel. */
function record(tape: Tape, f: () => tf.Tensor): tf.Tensor {
  const engine = tf.engine();
  const { state } = engine;
  const { activeTape, kernelDepth } = state;
  state.activeTape = tape;
  state.kernelDepth = 0;
  state.gradientDepth += 1;
  const backend = tf.backend();
  if (backend instanceof NativeBackend) Reflect.set(engine, 'clone', referenceIn(backend));
  try {
    return tf.tidy(f);
  } finally {
    Reflect.deleteProperty(engine, 'clone');
    state.gradientDepth -= 1;
    state.kernelDepth = kernelDepth;
    state.activeTape = activeTape;
  }
}

/** Replaces the kernel that tfjs runs whenever an operation saves a tensor; returns another reference to the same data. */
function referenceIn(backend: NativeBackend): (x: tf.Tensor) => tf.Tensor {
  return ({ dataId, shape, dtype }) => {
    backend.incRef(dataId);
    return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }, backend);
  };
}

function backpropagate(
  tape: Tape,
  xs: readonly tf.Tensor[],
  value: tf.Tensor,
  dy?: tf.Tensor,
  complete?: (gradient: tf.Tensor) => void,
): (tf.Tensor | undefined)[] {
  const wanted = new Set(xs.map(({ id }) => id));
  const completed = complete ? firstUses(tape, wanted) : new Map<TapeNode, number[]>();
  const later = new LaterSums();
  return tf.tidy(() => {
    const gradients = new Map<number, tf.Tensor>([[value.id, dy ? tf.clone(dy) : tf.ones(value.shape)]]);
    for (const node of tape.toReversed()) {
      if (node.outputs.some(({ id }) => gradients.has(id))) {
        const canWait = (id: number) => wanted.has(id) && !complete;
        for (const { id, sum, term } of tf.tidy(() => step(tape, node, gradients, canWait))) {
          const before = gradients.get(id);
          if (before !== sum) before?.dispose();
          gradients.set(id, sum);
          if (term) later.add(sum, term);
        }
      }
      tape.release(node);
      for (const { id } of node.outputs) {
        if (wanted.has(id)) continue;
        gradients.get(id)?.dispose();
        gradients.delete(id);
      }
      for (const id of completed.get(node) ?? []) {
        const gradient = gradients.get(id);
        if (!gradient) continue;
        const own = unshared(gradient);
        gradients.set(id, own);
        complete?.(own);
      }
    }
    later.end();
    return xs.map(({ id }) => gradients.get(id)) as tf.Tensor[];
  });
}

/** The first operation that reads each of these tensors: the last one in the backward pass. */
function firstUses(tape: Tape, wanted: ReadonlySet<number>): Map<TapeNode, number[]> {
  const seen = new Set<number>();
  const uses = new Map<TapeNode, number[]>();
  for (const node of tape) {
    for (const { id } of Object.values(node.inputs)) {
      if (!wanted.has(id) || seen.has(id)) continue;
      seen.add(id);
      uses.set(node, [...(uses.get(node) ?? []), id]);
    }
  }
  return uses;
}

/** The gradient itself or, if it shares its memory or is rounded, a copy. */
function unshared(gradient: tf.Tensor): tf.Tensor {
  const backend = nativeBackend();
  if (!backend || !(backend.isShared(gradient) || backend.isRounded(gradient))) return gradient;
  const copy = tf.mul(gradient, 1);
  gradient.dispose();
  return copy;
}

/** The gradient in a tensor so far. */
type Updated = {
  readonly id: number;
  /** A new tensor, or the known one if it is changed in place. */
  readonly sum: tf.Tensor;
  /** What is to be added to it later. */
  readonly term: tf.Tensor | undefined;
};

/**
 * Returns the updated gradients of an operation's inputs, given those of its results.
 * @param canWait says of the id of a tensor that nobody reads its gradient before the end
 */
function step(
  tape: Tape,
  node: TapeNode,
  gradients: ReadonlyMap<number, tf.Tensor>,
  canWait: (id: number) => boolean,
): Updated[] {
  const { kernelName, gradient, inputs } = node;
  if (!gradient) throw new Error(`gradientsOf: ${kernelName} has no gradient`);
  tape.expand(node);
  const dys = tape.gradientsOfResults(node, gradients);
  const dxs = withLastUse(dys, () => gradient(dys));
  const sums = new Map<number, tf.Tensor>();
  const terms = new Map<number, tf.Tensor>();
  for (const [name, input] of Object.entries(inputs)) {
    if (!tape.dependsOnXs(input)) continue;
    const dx = gradientIn(kernelName, name, input, dxs[name]);
    const before = sums.get(input.id) ?? gradients.get(input.id);
    const isNew = ![...dys, ...(node.saved ?? []), ...sums.values(), ...terms.values()].includes(dx);
    const isLater = isNew && before && canWait(input.id) && !sums.has(input.id) && LaterSums.canAddTo(before);
    if (isLater) {
      sums.set(input.id, before);
      terms.set(input.id, dx);
    } else if (before) sums.set(input.id, isNew ? sumOf(before, dx) : tf.add(before, dx));
    else sums.set(input.id, isNew ? dx : tf.clone(dx));
  }
  return [...sums].map(([id, sum]) => ({ id, sum, term: terms.get(id) }));
}

/** The sum of two gradients that are not needed any more, in the memory of the one that is float32. */
function sumOf(before: tf.Tensor, dx: tf.Tensor): tf.Tensor {
  return nativeBackend()?.isRounded(dx) ? sumInto(dx, before) : sumInto(before, dx);
}

function gradientIn(kernel: string, name: string, input: tf.Tensor, compute?: () => tf.Tensor): tf.Tensor {
  if (!compute) throw new Error(`gradientsOf: ${kernel} has no gradient in its input ${name}`);
  const dx = tf.tidy(compute);
  if (!tf.util.arraysEqual(dx.shape, input.shape)) {
    throw new Error(`internal: the gradient of ${kernel} in ${name} has shape [${dx.shape}]`);
  }
  return dx;
}
