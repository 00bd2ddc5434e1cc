/** Gradients that are added up over all ranks while the backward pass goes on. */
import type { ProcessGroup } from '../../group/processGroup.js';
import type { NativeBackend } from '../native/backend.js';
import { nativeBackend } from '../native/inUse.js';
import * as tf from '../tf.js';

/** Gradients with fewer values share a message, because each has a cost of its own; larger ones travel in their own memory. */
const fewValues = 2 ** 15;
/** Values in a message of small gradients: enough that there are few, not so many that the first waits long for the last. */
const messageValues = 2 ** 17;
/** Larger messages are divided: a part that is still in the processor's cache is added faster. */
const mostValues = 2 ** 18;

/**
 * The sums of one trainer. On the native engine, a gradient starts on its way when `add` is called, also in each replay of a program
 * that called it; the pass goes on meanwhile. All ranks add the same gradients in the same order, so they agree on the messages.
 */
export class GradientSums {
  readonly group: ProcessGroup;
  #travelling: Promise<void>[] = [];

  constructor(group: ProcessGroup) {
    this.group = group;
  }

  /** For the gradients of one pass, or of one step. */
  messages(backend: NativeBackend): Messages {
    return new Messages(backend, (values, arrived) => {
      this.#travelling.push(this.group.allReduce(values).then(arrived));
    });
  }

  /** Adds up tensors that are complete, in their own memory if the engine allows it. Returns the sums; the caller owns them instead. */
  async of(gradients: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
    const backend = nativeBackend();
    if (!backend) return Promise.all(gradients.map((gradient) => this.#throughMemory(gradient)));
    const messages = this.messages(backend);
    for (const gradient of gradients) messages.add(gradient);
    messages.end();
    await this.arrived();
    return [...gradients];
  }

  /**
   * Ends when all sums that were started have arrived, so that no memory is in use any more, even after a failure.
   * @throws GroupError when one has failed
   */
  async arrived(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#travelling.splice(0));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #throughMemory(gradient: tf.Tensor): Promise<tf.Tensor> {
    const values = Float32Array.from(await gradient.data<'float32'>());
    gradient.dispose();
    await this.group.allReduce(values);
    return tf.tensor(values, gradient.shape);
  }
}

type Start = (values: Float32Array, arrived?: () => void) => void;

/** Puts gradients into messages. Their memory is in use until `GradientSums.arrived` ends. */
class Messages {
  readonly #backend: NativeBackend;
  readonly #start: Start;
  #waiting: Float32Array[] = [];
  #values = 0;

  constructor(backend: NativeBackend, start: Start) {
    this.#backend = backend;
    this.#start = start;
  }

  /** Sends a gradient: the tensor's memory will have the sum. */
  add(gradient: tf.Tensor): void {
    const values = this.#backend.ownFloats(gradient);
    if (values.length >= fewValues) this.#backend.call(() => this.#startLarge(values));
    else {
      this.#waiting.push(values);
      this.#values += values.length;
      if (this.#values >= messageValues) this.end();
    }
  }

  #startLarge(values: Float32Array): void {
    for (let at = 0; at < values.length; at += mostValues) this.#start(values.subarray(at, at + mostValues));
  }

  /** Sends the small gradients that wait for others. */
  end(): void {
    const parts = this.#waiting;
    if (parts.length === 0) return;
    const message = new Float32Array(this.#values);
    this.#waiting = [];
    this.#values = 0;
    this.#backend.call(() => {
      eachPart(message, parts, (place, part) => place.set(part));
      this.#start(message, () => eachPart(message, parts, (place, part) => part.set(place)));
    });
  }
}

function eachPart(
  message: Float32Array,
  parts: readonly Float32Array[],
  use: (place: Float32Array, part: Float32Array) => void,
): void {
  let at = 0;
  for (const part of parts) {
    use(message.subarray(at, at + part.length), part);
    at += part.length;
  }
}
