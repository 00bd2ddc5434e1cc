/** Kernels that only move data. Each consists of one or more strided copies. */
import * as tf from '../../tf.js';
import type { Addon } from '../addon.js';
import type { NativeBackend } from '../backend.js';
import { type NativeKernel, nativeKernel } from '../kernel.js';
import { packStrides, stridesOf } from './strides.js';

type Copyable = 'float32' | 'int32' | 'bool';

/** One side of a copy: a tensor, the start of the block in it, and the distance between its elements. */
interface Side {
  readonly tensor: tf.TensorInfo;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Creates the functions that the kernels below use. */
function mover(addon: Addon) {
  const copy = (backend: NativeBackend, sizes: readonly number[], from: Side, to: Side): void => {
    const strides = packStrides(sizes, from.strides, to.strides);
    if (!strides) throw new Error(`native engine: cannot copy a block with this many dimensions: [${sizes}]`);
    if (sizes.includes(0)) return;
    const bytes = from.tensor.dtype === 'bool' ? 1 : 4;
    addon.copy(
      strides,
      bytes,
      backend.values(from.tensor),
      from.offset,
      backend.values(to.tensor),
      to.offset,
    );
  };
  const whole = (tensor: tf.TensorInfo): Side => ({ tensor, offset: 0, strides: stridesOf(tensor.shape) });
  const at = (tensor: tf.TensorInfo, begin: readonly number[]): Side => {
    const strides = stridesOf(tensor.shape);
    return { tensor, strides, offset: begin.reduce((sum, index, d) => sum + index * strides[d]!, 0) };
  };
  const slice = (
    backend: NativeBackend,
    x: tf.TensorInfo,
    begin: number[],
    size: number[],
  ): tf.TensorInfo => {
    const { info } = backend.output(size, x.dtype as Copyable);
    copy(backend, size, at(x, begin), whole(info));
    return info;
  };
  return { copy, whole, at, slice };
}

function isCopyable(...tensors: tf.TensorInfo[]): boolean {
  return tensors.every(
    ({ dtype }) => ['float32', 'int32', 'bool'].includes(dtype) && dtype === tensors[0]!.dtype,
  );
}

export function movementKernels(addon: Addon): NativeKernel[] {
  const { copy, whole, at, slice } = mover(addon);

  const sliceKernel = nativeKernel('Slice', ({ x }, { begin, size }, backend) => {
    if (!isCopyable(x!)) return undefined;
    const [start, length] = tf.slice_util.parseSliceParams(
      x!,
      begin as number | number[],
      size as number | number[],
    );
    tf.slice_util.assertParamsValid(x!, start!, length!);
    return slice(backend, x!, start!, length!);
  });

  const splitKernel = nativeKernel('SplitV', ({ x }, { numOrSizeSplits, axis }, backend) => {
    if (!isCopyable(x!)) return undefined;
    const along = tf.util.parseAxisParam(axis as number, x!.shape)[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x!, numOrSizeSplits as number | number[], along);
    const begin = x!.shape.map(() => 0);
    return sizes.map((length) => {
      const part = slice(
        backend,
        x!,
        begin,
        x!.shape.map((size, d) => (d === along ? length : size)),
      );
      begin[along]! += length;
      return part;
    });
  });

  const unpackKernel = nativeKernel('Unpack', ({ value }, { axis }, backend) => {
    if (!isCopyable(value!)) return undefined;
    const along = tf.util.parseAxisParam(axis as number, value!.shape)[0]!;
    const shape = value!.shape.filter((_, d) => d !== along);
    const strides = stridesOf(value!.shape);
    return Array.from({ length: value!.shape[along]! }, (_, i) => {
      const { info } = backend.output(shape, value!.dtype as Copyable);
      const from = {
        tensor: value!,
        offset: i * strides[along]!,
        strides: strides.filter((_, d) => d !== along),
      };
      copy(backend, shape, from, whole(info));
      return info;
    });
  });

  const concat = (backend: NativeBackend, tensors: tf.TensorInfo[], axis: number): tf.TensorInfo => {
    const shape = tf.backend_util.computeOutShape(
      tensors.map((tensor) => tensor.shape),
      axis,
    );
    const { info } = backend.output(shape, tensors[0]!.dtype as Copyable);
    const begin = shape.map(() => 0);
    for (const tensor of tensors) {
      copy(backend, tensor.shape, whole(tensor), at(info, begin));
      begin[axis]! += tensor.shape[axis]!;
    }
    return info;
  };

  const concatKernel = nativeKernel('Concat', (inputs, { axis }, backend) => {
    const tensors = Object.values(inputs);
    if (!isCopyable(...tensors)) return undefined;
    return concat(backend, tensors, tf.util.parseAxisParam(axis as number, tensors[0]!.shape)[0]!);
  });

  const packKernel = nativeKernel('Pack', (inputs, { axis }, backend) => {
    const tensors = Object.values(inputs);
    if (!isCopyable(...tensors)) return undefined;
    const rank = tensors[0]!.shape.length + 1;
    const along = ((axis as number) + rank) % rank;
    const expanded = tensors.map((tensor) => ({ ...tensor, shape: tensor.shape.toSpliced(along, 0, 1) }));
    return concat(backend, expanded, along);
  });

  const padKernel = nativeKernel('PadV2', ({ x }, { paddings, constantValue }, backend) => {
    if (!isCopyable(x!)) return undefined;
    const pads = paddings as [number, number][];
    const shape = x!.shape.map((size, d) => size + pads[d]![0] + pads[d]![1]);
    const { info, values } = backend.output(shape, x!.dtype as Copyable);
    backend.fill(values, constantValue as number);
    copy(
      backend,
      x!.shape,
      whole(x!),
      at(
        info,
        pads.map(([before]) => before),
      ),
    );
    return info;
  });

  const transposeKernel = nativeKernel('Transpose', ({ x }, { perm }, backend) => {
    if (!isCopyable(x!)) return undefined;
    const order = perm as number[];
    const shape = order.map((d) => x!.shape[d]!);
    const own = stridesOf(x!.shape);
    const { info } = backend.output(shape, x!.dtype as Copyable);
    copy(backend, shape, { tensor: x!, offset: 0, strides: order.map((d) => own[d]!) }, whole(info));
    return info;
  });

  // A repeated dimension becomes two: the repetitions (stride 0 in x) and the dimension itself.
  const tileKernel = nativeKernel('Tile', ({ x }, { reps }, backend) => {
    if (!isCopyable(x!)) return undefined;
    const times = reps as number[];
    const own = stridesOf(x!.shape);
    const { info } = backend.output(
      x!.shape.map((size, d) => size * times[d]!),
      x!.dtype as Copyable,
    );
    const out = stridesOf(info.shape);
    const sizes = x!.shape.flatMap((size, d) => [times[d]!, size]);
    const from = x!.shape.flatMap((_, d) => [0, own[d]!]);
    const to = x!.shape.flatMap((size, d) => [size * out[d]!, out[d]!]);
    if (!packStrides(sizes, from, to)) return undefined;
    copy(backend, sizes, { tensor: x!, offset: 0, strides: from }, { tensor: info, offset: 0, strides: to });
    return info;
  });

  const reverseKernel = nativeKernel('Reverse', ({ x }, { dims }, backend) => {
    if (!isCopyable(x!)) return undefined;
    const axes = tf.util.parseAxisParam(dims as number[], x!.shape);
    const own = stridesOf(x!.shape);
    const offset = axes.reduce((sum, d) => sum + (x!.shape[d]! - 1) * own[d]!, 0);
    const strides = own.map((stride, d) => (axes.includes(d) ? -stride : stride));
    const { info } = backend.output(x!.shape, x!.dtype as Copyable);
    copy(backend, x!.shape, { tensor: x!, offset, strides }, whole(info));
    return info;
  });

  return [
    sliceKernel,
    splitKernel,
    unpackKernel,
    concatKernel,
    packKernel,
    padKernel,
    transposeKernel,
    tileKernel,
    reverseKernel,
  ];
}
