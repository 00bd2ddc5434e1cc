/**
 * A tfjs backend with pooled memory and native kernels for the expensive operations. It extends tfjs' plain JavaScript backend,
 * so all other kernels run on the same memory.
 */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { isHalfPrecision, isRoundable } from '../halfPrecision.js';
import * as tf from '../tf.js';
import type { Addon, Features } from './addon.js';
import { type Block, BufferPool, type PoolStatistics } from './bufferPool.js';
import { Recording } from './recording.js';

type DataId = tf.DataId;
type Values = Float32Array | Int32Array | Uint8Array;
type NumericType = 'float32' | 'int32' | 'bool';

/** How the values of a tensor are stored: as its type says, or as bfloat16, with the type float32. */
type Storage = NumericType | 'bfloat16';

/** An entry of the backend's storage; it has a `block` if its memory comes from the pool. */
interface Entry {
  values?: tf.backend_util.BackendValues | Uint16Array;
  dtype: tf.DataType;
  refCount: number;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo };
  block?: Block;
}

const bytesPerElement = { float32: 4, int32: 4, bool: 1, bfloat16: 2 } as const;

export class NativeBackend extends MathBackendCPU {
  readonly addon: Addon;
  readonly #pool: BufferPool;
  #lastId = 0;
  /** Float32 copies of what is stored as bfloat16, for the kernel that runs. */
  #expanded: Block[] = [];
  #recording: Recording | null = null;

  constructor(addon: Addon) {
    super();
    this.addon = addon;
    this.#pool = new BufferPool((bytes) => addon.misalignment(bytes));
  }

  /** Returns the state of the pool: bytes in use, idle bytes, and number of allocations. */
  poolStatistics(): PoolStatistics {
    return this.#pool.statistics();
  }

  /** Frees pooled memory that no tensor uses. */
  trimPool(): void {
    this.#pool.trim();
  }

  /** Creates a tensor with recycled memory of unknown content; the caller must write every element. */
  output(shape: readonly number[], dtype: NumericType = 'float32'): { info: tf.TensorInfo; values: Values } {
    return this.#output(shape, dtype, dtype) as { info: tf.TensorInfo; values: Values };
  }

  /** Like {@link output}, for float32. */
  floatOutput(shape: readonly number[]): { info: tf.TensorInfo; values: Float32Array } {
    const { info, values } = this.output(shape);
    return { info, values: values as Float32Array };
  }

  /** Like {@link floatOutput}, stored as bfloat16. */
  roundedOutput(shape: readonly number[]): { info: tf.TensorInfo; values: Uint16Array } {
    const { info, values } = this.#output(shape, 'float32', 'bfloat16');
    return { info, values: values as Uint16Array };
  }

  /** Like {@link floatOutput}; in half precision, features are stored as bfloat16. */
  featureOutput(shape: readonly number[]): { info: tf.TensorInfo; values: Features } {
    return isHalfPrecision() && isRoundable(shape) ? this.roundedOutput(shape) : this.floatOutput(shape);
  }

  /** Like {@link floatOutput}, stored as another tensor is. */
  outputLike(tensor: tf.TensorInfo, shape: readonly number[]): { info: tf.TensorInfo; values: Features } {
    return this.isRounded(tensor) ? this.roundedOutput(shape) : this.floatOutput(shape);
  }

  /** Whether the values of a tensor are stored as bfloat16. */
  isRounded({ dataId }: tf.TensorInfo): boolean {
    return (this.data.get(dataId) as Entry).values instanceof Uint16Array;
  }

  /** Like {@link outputLike} for a tensor that is not read again, in its memory if no other tensor uses that. */
  outputIn(tensor: tf.TensorInfo): { info: tf.TensorInfo; values: Features } {
    if (this.isShared(tensor)) return this.outputLike(tensor, tensor.shape);
    const values = this.isRounded(tensor) ? this.features(tensor) : this.ownFloats(tensor);
    return { info: this.reshaped(tensor, tensor.shape), values };
  }

  /**
   * Returns the memory of a tensor, not a copy; valid until the tensor is disposed of. Of what is stored as bfloat16, returns a copy in
   * float32, which is valid until the kernel ends: kernels that can read it as it is call {@link features}.
   */
  values(tensor: tf.TensorInfo): Values {
    const stored = this.#stored(tensor);
    return stored instanceof Uint16Array ? this.#expand(stored) : stored;
  }

  /** Returns the memory of a tensor of type float32 as it is stored; valid until the tensor is disposed of. */
  features(tensor: tf.TensorInfo): Features {
    return this.#stored(tensor) as Features;
  }

  /** Stores the values of a tensor as float32 from now on, for kernels that know nothing of bfloat16. */
  widen(tensor: tf.TensorInfo): void {
    const entry = this.data.get(tensor.dataId) as Entry;
    const { values, block } = entry;
    if (!(values instanceof Uint16Array && block)) return;
    entry.block = this.#take(4 * values.length);
    entry.values = view(entry.block, 'float32', values.length);
    this.addon.convert(values, entry.values as Float32Array);
    this.#pool.give(block);
  }

  /** Frees what was made for the kernel that has run. */
  endKernel(): void {
    for (const block of this.#expanded.splice(0)) this.#pool.give(block);
  }

  /** Returns the memory of a float32 tensor. */
  floats(tensor: tf.TensorInfo): Float32Array {
    return this.values(tensor) as Float32Array;
  }

  /** Whether several tensors share this memory, so that it must not be changed in place. */
  isShared(tensor: tf.TensorInfo): boolean {
    return this.data.get(tensor.dataId).refCount > 1;
  }

  /**
   * Returns the memory of an unshared float32 tensor for an in-place change. If the memory came from outside the pool, replaces it
   * with a copy first.
   */
  ownFloats(tensor: tf.TensorInfo): Float32Array {
    const entry: Entry = this.data.get(tensor.dataId);
    if (!entry.block) {
      const given = this.floats(tensor);
      entry.block = this.#take(4 * given.length);
      const own = view(entry.block, 'float32', given.length) as Float32Array;
      this.addon.copy(Int32Array.of(1, given.length, 1, 1), 4, given, 0, own, 0);
      entry.values = own;
    }
    return this.floats(tensor);
  }

  /** Sets all values of a tensor. */
  fill(values: Values, value: number): void {
    if (values.length === 0) return;
    const one = values.slice(0, 1).fill(value);
    this.addon.copy(Int32Array.of(1, values.length, 0, 1), values.BYTES_PER_ELEMENT, one, 0, values, 0);
  }

  /** Runs `use` with temporary memory. */
  scratch<T>(length: number, use: (values: Float32Array) => T): T {
    const block = this.#take(4 * length);
    try {
      return use(view(block, 'float32', length) as Float32Array);
    } finally {
      this.#pool.give(block);
    }
  }

  /** Returns the same data with another shape. */
  reshaped(tensor: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: shape as number[], dtype: tensor.dtype };
  }

  /**
   * Stores values from outside. A kernel of the plain backend may return a view of one of its inputs (slice does); the
   * view is copied, since the input's memory will be recycled.
   */
  override write(values: tf.backend_util.BackendValues, _shape: number[], dtype: tf.DataType): DataId {
    const own = this.#unshared(values);
    this.#recording?.constants.push(own as Values);
    return this.#store({ values: own, dtype, refCount: 1 });
  }

  override move(
    dataId: DataId,
    values: tf.backend_util.BackendValues,
    _shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    this.computesInJavaScript('move');
    this.data.set(dataId, { values: this.#unshared(values), dtype, refCount });
  }

  /** Returns a copy: values that tfjs returns to users must not change when the memory is recycled. */
  override readSync(dataId: DataId): tf.backend_util.BackendValues {
    this.computesInJavaScript('read');
    const { block, values }: Entry = this.data.get(dataId);
    if (!block) return super.readSync(dataId);
    if (!(values instanceof Uint16Array)) return (values as Values).slice();
    const floats = new Float32Array(values.length);
    this.addon.convert(values, floats);
    return floats;
  }

  /** Kernels of the plain backend read through this; it gives them the memory itself, not a copy. */
  override bufferSync<R extends tf.Rank, D extends tf.DataType>(t: tf.TensorInfo): tf.TensorBuffer<R, D> {
    this.computesInJavaScript('buffer');
    const { block }: Entry = this.data.get(t.dataId);
    if (!block) return super.bufferSync(t);
    return tf.buffer(t.shape as tf.ShapeMap[R], t.dtype as D, this.values(t) as tf.DataTypeMap[D]);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const entry: Entry = this.data.get(dataId);
    const { block } = entry;
    const disposed = super.disposeData(dataId, force);
    if (disposed && block) this.#pool.give(block);
    return disposed;
  }

  /**
   * Records what `work` makes the addon compute, so that it can be replayed. One recording at a time.
   * @param outside the tensors that the work reads and does not make
   * @returns the result of the work and the recording, which has no program if something cannot be replayed
   */
  record<T>(
    outside: readonly tf.Tensor[],
    work: (recording: Recording) => T,
  ): { readonly result: T; readonly recording: Recording } {
    if (this.#recording) throw new Error('internal: a recording inside another one');
    const places = outside.map((tensor) => [tensor, this.#stored(tensor) as Values] as const);
    const recording = new Recording(this.addon, this.#pool, places);
    this.#recording = recording;
    try {
      return { result: work(recording), recording };
    } finally {
      this.#recording = null;
      recording.end();
    }
  }

  /** Calls a function between two kernels. A recording contains it: each replay calls it at the same place. */
  call(outside: () => void): void {
    if (this.#recording) this.#recording.call(outside);
    else outside();
  }

  /** Kernels that read or write values in JavaScript say so here: a recording does not contain that. */
  computesInJavaScript(name: string): void {
    this.#recording?.cannotReplay(name);
  }

  /** Whether everything that a recording uses is where it was, and the memory of its results is not in use. */
  isCurrent(recording: Recording): boolean {
    const { blocks, trims } = recording;
    if (trims !== this.#pool.trims) return false;
    if (!blocks.every((block) => this.#pool.isFree(block))) return false;
    return recording.isInPlace((id) => this.data.has(id) && (this.data.get(id) as Entry).values);
  }

  /** The memory of a tensor; undefined if it is not pooled. */
  blockOf({ dataId }: tf.TensorInfo): Block | undefined {
    return (this.data.get(dataId) as Entry).block;
  }

  /** Creates a tensor in a free block, with the content that the block has. */
  adopt(free: Block, shape: number[], dtype: NumericType): tf.TensorInfo {
    const block = this.#pool.claim(free);
    const values = view(block, dtype, tf.util.sizeFromShape(shape));
    return { dataId: this.#store({ values, dtype, refCount: 1, block }), shape, dtype };
  }

  #output(
    shape: readonly number[],
    dtype: NumericType,
    storage: Storage,
  ): { info: tf.TensorInfo; values: Values | Uint16Array } {
    const size = tf.util.sizeFromShape(shape as number[]);
    const block = this.#take(size * bytesPerElement[storage]);
    const values = view(block, storage, size);
    const dataId = this.#store({ values, dtype, refCount: 1, block });
    return { info: { dataId, shape: shape as number[], dtype }, values };
  }

  #stored({ dataId }: tf.TensorInfo): Values | Uint16Array {
    this.#recording?.reads(dataId);
    return (this.data.get(dataId) as Entry).values as Values | Uint16Array;
  }

  #expand(stored: Uint16Array): Float32Array {
    const block = this.#take(4 * stored.length);
    this.#expanded.push(block);
    const floats = view(block, 'float32', stored.length) as Float32Array;
    this.addon.convert(stored, floats);
    return floats;
  }

  #take(bytes: number): Block {
    const block = this.#pool.take(bytes);
    this.#recording?.took(block);
    return block;
  }

  #store(entry: Entry): DataId {
    const dataId: DataId = { id: this.#lastId++ };
    this.data.set(dataId, entry as Entry & { values?: tf.backend_util.BackendValues });
    this.#recording?.made(dataId);
    return dataId;
  }

  #unshared(values: tf.backend_util.BackendValues): tf.backend_util.BackendValues {
    return ArrayBuffer.isView(values) && this.#pool.owns(values.buffer) ? (values as Values).slice() : values;
  }
}

function view(block: Block, storage: Storage, length: number): Values | Uint16Array {
  if (storage === 'float32') return new Float32Array(block.buffer, block.offset, length);
  if (storage === 'bfloat16') return new Uint16Array(block.buffer, block.offset, length);
  if (storage === 'int32') return new Int32Array(block.buffer, block.offset, length);
  return new Uint8Array(block.buffer, block.offset, length);
}
