/** Element-wise kernels: one argument, two arguments with broadcasting, comparisons, selection, conversion. */
import * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import type { NativeBackend } from '../backend.js';
import { type Attributes, allFloat, type NativeKernel, nativeKernel } from '../kernel.js';
import { broadcastStrides, packStrides } from './strides.js';

/** Returns the bounds that an operation takes in addition to its argument. */
function bounds(attributes: Attributes): [number, number] {
  const { clipValueMin, clipValueMax, alpha } = attributes;
  return [Number(clipValueMin ?? alpha ?? 0), Number(clipValueMax ?? 0)];
}

function unaryKernel(addon: Addon, name: string, operation: number): NativeKernel {
  return nativeKernel(name, ({ x }, attributes, backend) => {
    if (!allFloat(x!)) return undefined;
    const y = backend.floatOutput(x!.shape);
    addon.unary(operation, backend.floats(x!), y.values, ...bounds(attributes));
    return y.info;
  });
}

interface Operands {
  readonly shape: number[];
  readonly strides: Int32Array;
}

function broadcastOperands(a: tf.TensorInfo, b: tf.TensorInfo): Operands | undefined {
  if (!allFloat(a, b)) return undefined;
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const strides = packStrides(shape, broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape));
  return strides && { shape, strides };
}

/** Names of the operands: a and b in tfjs' own kernels, dy and x or y in gradients. */
const operandNames: Readonly<Record<string, readonly [string, string]>> = {
  EluGrad: ['dy', 'y'],
  SiluGrad: ['dy', 'x'],
  SoftClampGrad: ['dy', 'x'],
};

function binaryKernel(addon: Addon, name: string, operation: number): NativeKernel {
  const [first, second] = operandNames[name] ?? ['a', 'b'];
  return nativeKernel(name, (inputs, _attributes, backend) => {
    const [a, b] = [inputs[first]!, inputs[second]!];
    const operands = broadcastOperands(a, b);
    if (!operands) return undefined;
    const y = backend.floatOutput(operands.shape);
    if (y.values.length > 0) {
      addon.binary(operation, operands.strides, backend.floats(a), backend.floats(b), y.values);
    }
    return y.info;
  });
}

function comparisonKernel(addon: Addon, name: string, operation: number): NativeKernel {
  return nativeKernel(name, ({ a, b }, _attributes, backend) => {
    const operands = broadcastOperands(a!, b!);
    if (!operands) return undefined;
    const y = backend.output(operands.shape, 'bool');
    const values = y.values as Uint8Array;
    if (values.length > 0)
      addon.compare(operation, operands.strides, backend.floats(a!), backend.floats(b!), values);
    return y.info;
  });
}

function sameShape(...tensors: tf.TensorInfo[]): boolean {
  return tensors.every(({ shape }) => tf.util.arraysEqual(shape, tensors[0]!.shape));
}

function select(addon: Addon): NativeKernel {
  return nativeKernel('Select', ({ condition, t, e }, _attributes, backend) => {
    if (!allFloat(t!, e!) || !sameShape(condition!, t!, e!)) return undefined;
    const y = backend.floatOutput(t!.shape);
    addon.select(backend.values(condition!) as Uint8Array, backend.floats(t!), backend.floats(e!), y.values);
    return y.info;
  });
}

function logical(name: string, combine: (a: number, b: number) => number): NativeKernel {
  return nativeKernel(name, ({ a, b }, _attributes, backend) => {
    if (!sameShape(a!, b!)) return undefined;
    backend.computesInJavaScript(name);
    const [left, right] = [backend.values(a!), backend.values(b!)];
    const y = backend.output(a!.shape, 'bool');
    for (let i = 0; i < left.length; i++) y.values[i] = combine(left[i]!, right[i]!);
    return y.info;
  });
}

const logicalNot = nativeKernel('LogicalNot', ({ x }, _attributes, backend) => {
  backend.computesInJavaScript('LogicalNot');
  const values = backend.values(x!);
  const y = backend.output(x!.shape, 'bool');
  for (let i = 0; i < values.length; i++) y.values[i] = values[i] ? 0 : 1;
  return y.info;
});

function addN(addon: Addon, add: number): NativeKernel {
  return nativeKernel('AddN', (inputs, _attributes, backend) => {
    const tensors = Object.values(inputs);
    if (!allFloat(...tensors) || tensors.length < 2) return undefined;
    const y = backend.floatOutput(tensors[0]!.shape);
    const flat = Int32Array.of(1, y.values.length, 1, 1);
    tensors.slice(1).forEach((tensor, i) => {
      const sum = i === 0 ? backend.floats(tensors[0]!) : y.values;
      addon.binary(add, flat, sum, backend.floats(tensor), y.values);
    });
    return y.info;
  });
}

/** Handles conversions to float32 and those that change nothing. */
const cast = nativeKernel('Cast', ({ x }, { dtype }, backend) => {
  if (x!.dtype === dtype) return backend.reshaped(x!, x!.shape);
  if (dtype !== 'float32' || (x!.dtype !== 'int32' && x!.dtype !== 'bool')) return undefined;
  backend.computesInJavaScript('Cast');
  const y = backend.floatOutput(x!.shape);
  y.values.set(backend.values(x!));
  return y.info;
});

function filled(backend: NativeBackend, shape: number[], value: number): tf.TensorInfo {
  const y = backend.floatOutput(shape);
  backend.fill(y.values, value);
  return y.info;
}

const fills: NativeKernel[] = [
  nativeKernel('Fill', (_inputs, { shape, value, dtype }, backend) => {
    if (typeof value !== 'number' || (dtype && dtype !== 'float32')) return undefined;
    return filled(backend, shape as number[], value);
  }),
  nativeKernel('ZerosLike', ({ x }, _attributes, backend) =>
    allFloat(x!) ? filled(backend, x!.shape, 0) : undefined,
  ),
  nativeKernel('OnesLike', ({ x }, _attributes, backend) =>
    allFloat(x!) ? filled(backend, x!.shape, 1) : undefined,
  ),
];

export function elementwiseKernels(addon: Addon): NativeKernel[] {
  const { unary, binary, comparisons } = addon.operations();
  return [
    ...unary.map((name, operation) => unaryKernel(addon, name, operation)),
    ...binary.map((name, operation) => binaryKernel(addon, name, operation)),
    ...comparisons.map((name, operation) => comparisonKernel(addon, name, operation)),
    select(addon),
    logical('LogicalAnd', (a, b) => (a && b ? 1 : 0)),
    logical('LogicalOr', (a, b) => (a || b ? 1 : 0)),
    logicalNot,
    addN(addon, binary.indexOf('Add')),
    cast,
    ...fills,
  ];
}
