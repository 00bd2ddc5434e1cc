/** Pickles of protocol 2 with only those opcodes that `torch.load(weights_only=True)` knows. */

import { OrderedDict, type PickleContent, TensorContent, Tuple } from '../pickleContent.js';
import { ByteBuilder } from './byteBuilder.js';

const opcodes = {
  proto: 0x80,
  stop: 0x2e,
  mark: 0x28,
  none: 0x4e,
  true: 0x88,
  false: 0x89,
  int: 0x4a,
  int1: 0x4b,
  int2: 0x4d,
  long1: 0x8a,
  float: 0x47,
  unicode: 0x58,
  emptyTuple: 0x29,
  tuple1: 0x85,
  tuple2: 0x86,
  tuple3: 0x87,
  tuple: 0x74,
  emptyList: 0x5d,
  appends: 0x65,
  emptyDict: 0x7d,
  setItems: 0x75,
  global: 0x63,
  reduce: 0x52,
  persistentId: 0x51,
} as const;

/** A pickle, and the values of its tensors: the storages with the keys "0", "1", ... */
export interface Pickled {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly storages: readonly (Float32Array | BigInt64Array)[];
}

/** Pickles a value. The storages are not copied. */
export function writePickle(content: PickleContent): Pickled {
  const out = new ByteBuilder().bytes([opcodes.proto, 2]);
  const storages: (Float32Array | BigInt64Array)[] = [];
  write(content);
  return { bytes: out.unsigned(opcodes.stop, 1).done(), storages };

  function write(value: PickleContent): void {
    if (value === null) op('none');
    else if (typeof value === 'boolean') op(value ? 'true' : 'false');
    else if (typeof value === 'number') writeFloat(value);
    else if (typeof value === 'bigint') writeInteger(value);
    else if (typeof value === 'string') writeText(value);
    else if (value instanceof Tuple) writeTuple(value.items);
    else if (value instanceof OrderedDict) writeOrderedDict(value.entries);
    else if (value instanceof TensorContent) writeTensor(value);
    else if (value instanceof Map) writeDict(value);
    else writeList(value as readonly PickleContent[]);
  }

  function op(name: keyof typeof opcodes): void {
    out.unsigned(opcodes[name], 1);
  }

  /** Floats are the only values that a pickle has in big-endian order. */
  function writeFloat(value: number): void {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    op('float');
    out.bytes(new Uint8Array(view.buffer));
  }

  function writeInteger(value: bigint): void {
    const is = (bits: number) => BigInt.asUintN(bits, value) === value;
    if (is(8)) out.bytes([opcodes.int1, Number(value)]);
    else if (is(16)) out.bytes([opcodes.int2]).unsigned(Number(value), 2);
    else if (BigInt.asIntN(32, value) === value) out.bytes([opcodes.int]).unsigned(Number(value), 4);
    else writeLong(value);
  }

  /** Two's complement with as few bytes as keep the sign. */
  function writeLong(value: bigint): void {
    let size = 1;
    while (BigInt.asIntN(8 * size, value) !== value) size += 1;
    out.bytes([opcodes.long1, size]);
    for (let i = 0; i < size; i += 1) out.unsigned(Number((value >> BigInt(8 * i)) & 255n), 1);
  }

  function writeText(value: string): void {
    const bytes = new TextEncoder().encode(value);
    op('unicode');
    out.unsigned(bytes.length, 4).bytes(bytes);
  }

  function writeTuple(items: readonly PickleContent[]): void {
    const short = (['emptyTuple', 'tuple1', 'tuple2', 'tuple3'] as const)[items.length];
    if (short === undefined) op('mark');
    for (const item of items) write(item);
    op(short ?? 'tuple');
  }

  function writeList(items: readonly PickleContent[]): void {
    op('emptyList');
    op('mark');
    for (const item of items) write(item);
    op('appends');
  }

  function writeDict(entries: ReadonlyMap<string | bigint, PickleContent>): void {
    op('emptyDict');
    writeItems(entries);
  }

  function writeOrderedDict(entries: ReadonlyMap<string, PickleContent>): void {
    writeGlobal('collections', 'OrderedDict');
    op('emptyTuple');
    op('reduce');
    if (entries.size > 0) writeItems(entries);
  }

  function writeItems(entries: ReadonlyMap<string | bigint, PickleContent>): void {
    op('mark');
    for (const [key, value] of entries) {
      write(key);
      write(value);
    }
    op('setItems');
  }

  function writeGlobal(module: string, name: string): void {
    op('global');
    out.text(`${module}\n${name}\n`);
  }

  function writeTensor({ shape, data }: TensorContent): void {
    const integers = (values: readonly number[]) => new Tuple(values.map(BigInt));
    const strides = shape.map((_, axis) =>
      shape.slice(axis + 1).reduce((product, size) => product * size, 1),
    );
    writeGlobal('torch._utils', '_rebuild_tensor_v2');
    op('mark');
    writeStorage(data);
    write(0n);
    write(integers(shape));
    write(integers(strides));
    write(false);
    write(new OrderedDict(new Map()));
    op('tuple');
    op('reduce');
  }

  function writeStorage(data: Float32Array | BigInt64Array): void {
    op('mark');
    write('storage');
    writeGlobal('torch', data instanceof Float32Array ? 'FloatStorage' : 'LongStorage');
    write(String(storages.length));
    write('cpu');
    write(BigInt(data.length));
    op('tuple');
    op('persistentId');
    storages.push(data);
  }
}
