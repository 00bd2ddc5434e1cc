/**
 * Processes many tensors as a few packs. An operation costs a kernel launch on a GPU and some microseconds on any engine, so an
 * optimiser that updates hundreds of small parameters one by one is slow. A pack is a flat tensor that holds its members in sequence.
 */
import { NativeBackend } from './native/backend.js';
import * as tf from './tf.js';

export interface Pack {
  /** Indices of its members in the list it was planned for, in order. */
  readonly members: readonly number[];
  /** Shapes of the members. */
  readonly shapes: readonly (readonly number[])[];
}

/** Maximum number of elements in a pack, 16 MiB: fits into a processor's cache and within the limits of every GPU. */
const mostElements = 2 ** 22;

/**
 * Plans packs for tensors of these shapes on the engine in use. Each tensor is in one pack; a tensor larger than half a pack has
 * its own. On the native engine every tensor has its own pack, because it processes each tensor in its own memory.
 */
export function planPacks(
  shapes: readonly (readonly number[])[],
  most = tf.backend() instanceof NativeBackend ? 0 : mostElements,
): Pack[] {
  const alone: Pack[] = [];
  const together: { members: number[]; shapes: (readonly number[])[]; size: number }[] = [];
  shapes.forEach((shape, member) => {
    const size = tf.util.sizeFromShape([...shape]);
    if (2 * size > most) {
      alone.push({ members: [member], shapes: [shape] });
      return;
    }
    const last = together.at(-1);
    if (last && last.size + size <= most) {
      last.members.push(member);
      last.shapes.push(shape);
      last.size += size;
    } else together.push({ members: [member], shapes: [shape], size });
  });
  return [...alone, ...together];
}

/** Returns the shape of a pack's tensor: flat, or the shape of its only member. */
export function packShape({ shapes }: Pack): number[] {
  const [first, ...others] = shapes;
  if (first && others.length === 0) return [...first];
  return [shapes.reduce((sum, shape) => sum + tf.util.sizeFromShape([...shape]), 0)];
}

/** Packs the members, taken from the list, into one tensor: a new one, or the only member itself. Not differentiable. */
export function packed({ members }: Pack, tensors: readonly tf.Tensor[]): tf.Tensor {
  const parts = members.map((member) => tensors[member] as tf.Tensor);
  const [first, ...others] = parts;
  return first && others.length === 0 ? first : tf.tidy(() => tf.concat(parts.map(flat)));
}

/** Splits a pack's tensor into one tensor per member, in the member's shape; an only member is the tensor itself. */
export function unpacked({ shapes }: Pack, tensor: tf.Tensor): tf.Tensor[] {
  if (shapes.length === 1) return [tensor];
  const sizes = shapes.map((shape) => tf.util.sizeFromShape([...shape]));
  return tf.tidy(() => {
    const parts = tf.split(tensor, sizes);
    return parts.map((part, i) =>
      shapes[i]?.length === 1 ? part : tf.reshape(part, [...(shapes[i] ?? [])]),
    );
  });
}

/** Avoids a reshape that changes nothing, because some engines execute it. */
function flat(tensor: tf.Tensor): tf.Tensor {
  return tensor.rank === 1 ? tensor : tf.reshape(tensor, [-1]);
}

/**
 * The variables of a pack and a packed copy of their values. The copy is reused until someone else assigns to a variable.
 * Owns the packed values until `dispose`; the caller keeps the variables.
 */
export class PackedVariables {
  readonly pack: Pack;
  /** The pack's members. */
  readonly variables: readonly tf.Variable[];
  #kept: tf.Tensor | null = null;
  #keptOf: readonly tf.DataId[] = [];

  /** @param all the list that the pack was planned for */
  constructor(pack: Pack, all: readonly tf.Variable[]) {
    this.pack = pack;
    this.variables = pack.members.map((member) => all[member] as tf.Variable);
  }

  /** Returns the packed values, owned by this object, or the only variable itself. */
  packed(): tf.Tensor {
    const [first, ...others] = this.variables;
    if (first && others.length === 0) return first;
    const isCurrent = this.variables.every(({ dataId }, i) => dataId === this.#keptOf[i]);
    if (!this.#kept || !isCurrent) {
      const members = this.variables.map((_, i) => i);
      this.#keep(packed({ ...this.pack, members }, this.variables));
    }
    return this.#kept as tf.Tensor;
  }

  /** Assigns new values to all variables; the caller keeps the tensor. */
  assign(values: tf.Tensor): void {
    const parts = unpacked(this.pack, values);
    this.variables.forEach((variable, i) => {
      variable.assign(parts[i] as tf.Tensor);
    });
    for (const part of parts) if (part !== values) part.dispose();
    if (this.variables.length > 1) this.#keep(tf.clone(values));
  }

  dispose(): void {
    this.#kept?.dispose();
    this.#kept = null;
  }

  #keep(values: tf.Tensor): void {
    this.dispose();
    this.#kept = tf.keep(values);
    this.#keptOf = this.variables.map(({ dataId }) => dataId);
  }
}
