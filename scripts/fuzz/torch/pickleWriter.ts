/** Writes pickles opcode by opcode, also such as no program writes. */
import { opcodes } from '../../../src/pytorch/pickle/opcodes.js';
import type { TensorKind } from '../../../src/pytorch/torchTensor.js';

/** A value whose kind JavaScript's values do not tell. */
export type Node =
  | { readonly float: number }
  | { readonly list: readonly Written[] }
  | { readonly tuple: readonly Written[] }
  | { readonly dict: readonly (readonly [Written, Written])[] }
  | { readonly ordered: readonly (readonly [Written, Written])[]; readonly attributes?: Written }
  | { readonly global: readonly [module: string, name: string] }
  | { readonly call: Written; readonly values: Written }
  | { readonly id: Written }
  | { readonly raw: Uint8Array };

/** What is written; numbers are integers. A node that is in several places is written once and then referred to. */
export type Written = null | boolean | number | bigint | string | Node;

export interface StorageNode {
  readonly kind: TensorKind;
  readonly key: string;
  /** Number of values. */
  readonly length: number;
}

const storageNames: Readonly<Record<TensorKind, string>> = {
  float32: 'FloatStorage',
  float64: 'DoubleStorage',
  float16: 'HalfStorage',
  bfloat16: 'BFloat16Storage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  int16: 'ShortStorage',
  int8: 'CharStorage',
  uint8: 'ByteStorage',
  bool: 'BoolStorage',
};

export const op = (name: keyof typeof opcodes, ...bytes: number[]): Uint8Array =>
  Uint8Array.of(opcodes[name], ...bytes);

export function storageNode({ kind, key, length }: StorageNode, more: readonly Written[] = []): Node {
  return {
    id: { tuple: ['storage', { global: ['torch', storageNames[kind]] }, key, 'cuda:0', length, ...more] },
  };
}

export interface TensorNode {
  readonly storage: Written;
  readonly offset?: Written;
  readonly shape: Written;
  readonly strides: Written;
  readonly more?: readonly Written[];
}

export function tensorNode({ storage, offset = 0, shape, strides, more = [] }: TensorNode): Node {
  return {
    call: { global: ['torch._utils', '_rebuild_tensor_v2'] },
    values: { tuple: [storage, offset, shape, strides, false, { ordered: [] }, ...more] },
  };
}

export const integers = (values: readonly number[]): Node => ({ tuple: values });

/** A whole pickle of protocol 2. */
export function pickleOf(value: Written): Buffer {
  const parts = [op('PROTO', 2)];
  write(value, parts, new Map());
  return Buffer.concat([...parts, op('STOP')]);
}

function write(value: Written, parts: Uint8Array[], memo: Map<Node, number>): void {
  if (value === null) parts.push(op('NONE'));
  else if (typeof value === 'boolean') parts.push(op(value ? 'NEWTRUE' : 'NEWFALSE'));
  else if (typeof value === 'number' || typeof value === 'bigint') parts.push(integer(value));
  else if (typeof value === 'string') parts.push(text(value));
  else if (memo.has(value)) parts.push(reference(opcodes.BINGET, opcodes.LONG_BINGET, memo.get(value) ?? 0));
  else writeNode(value, parts, memo);
}

function writeNode(node: Node, parts: Uint8Array[], memo: Map<Node, number>): void {
  const inner = (value: Written) => write(value, parts, memo);
  const remember = () => {
    memo.set(node, memo.size);
    parts.push(reference(opcodes.BINPUT, opcodes.LONG_BINPUT, memo.size - 1));
  };
  const pairs = (entries: readonly (readonly [Written, Written])[]) => {
    if (entries.length === 0) return;
    if (entries.length > 1) parts.push(op('MARK'));
    entries.flat().forEach(inner);
    parts.push(op(entries.length > 1 ? 'SETITEMS' : 'SETITEM'));
  };
  if ('float' in node) parts.push(float(node.float));
  else if ('raw' in node) parts.push(node.raw);
  else if ('global' in node) {
    parts.push(op('GLOBAL'), Buffer.from(`${node.global.join('\n')}\n`));
    remember();
  } else if ('list' in node) {
    parts.push(op('EMPTY_LIST'));
    remember();
    if (node.list.length > 1) parts.push(op('MARK'));
    node.list.forEach(inner);
    if (node.list.length > 0) parts.push(op(node.list.length > 1 ? 'APPENDS' : 'APPEND'));
  } else if ('tuple' in node) {
    const size = node.tuple.length;
    if (size > 3) parts.push(op('MARK'));
    node.tuple.forEach(inner);
    parts.push(op((['EMPTY_TUPLE', 'TUPLE1', 'TUPLE2', 'TUPLE3'] as const)[size] ?? 'TUPLE'));
    if (size > 0) remember();
  } else if ('dict' in node) {
    parts.push(op('EMPTY_DICT'));
    remember();
    pairs(node.dict);
  } else if ('ordered' in node) {
    inner({ global: ['collections', 'OrderedDict'] });
    parts.push(op('EMPTY_TUPLE'), op('REDUCE'));
    remember();
    pairs(node.ordered);
    if (node.attributes !== undefined) inner(node.attributes);
    if (node.attributes !== undefined) parts.push(op('BUILD'));
  } else if ('id' in node) {
    inner(node.id);
    parts.push(op('BINPERSID'));
  } else {
    inner(node.call);
    inner(node.values);
    parts.push(op('REDUCE'));
    remember();
  }
}

function reference(short: number, long: number, key: number): Uint8Array {
  if (key < 256) return Uint8Array.of(short, key);
  const bytes = Buffer.alloc(5, long);
  bytes.writeUInt32LE(key, 1);
  return bytes;
}

function integer(value: number | bigint): Uint8Array {
  if (value >= 0 && value < 256) return op('BININT1', Number(value));
  if (value >= 0 && value < 65_536) return op('BININT2', Number(value) & 255, Number(value) >> 8);
  if (value >= -(2 ** 31) && value < 2 ** 31) {
    const bytes = Buffer.alloc(5, opcodes.BININT);
    bytes.writeInt32LE(Number(value), 1);
    return bytes;
  }
  return long(BigInt(value));
}

/** As few bytes as hold the value and its sign. */
function long(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(Number(BigInt.asUintN(8, rest)));
    rest >>= 8n;
  } while (BigInt.asIntN(8 * bytes.length, value) !== value);
  return op('LONG1', bytes.length, ...bytes);
}

function float(value: number): Uint8Array {
  const bytes = Buffer.alloc(9, opcodes.BINFLOAT);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function text(value: string): Uint8Array {
  const content = Buffer.from(value);
  const bytes = Buffer.alloc(5, opcodes.BINUNICODE);
  bytes.writeUInt32LE(content.length, 1);
  return Buffer.concat([bytes, content]);
}
