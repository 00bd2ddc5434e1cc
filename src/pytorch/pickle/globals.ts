/**
 * The names that a pickle may contain. They are compared and never looked up: a name stands for what this reader does itself.
 */
import type { TensorKind } from '../torchTensor.js';

/** What a name stands for. */
export type Meaning = 'ordered dict' | 'tensor' | 'parameter' | { readonly storageOf: TensorKind };

/** A module and a name in it; neither can contain a line break. */
export const globalKey = (module: string, name: string): string => `${module}\n${name}`;

const storages: Readonly<Record<string, TensorKind>> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

/** The meaning of each name, by `globalKey`. */
export const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [globalKey('collections', 'OrderedDict'), 'ordered dict'],
  [globalKey('torch._utils', '_rebuild_tensor_v2'), 'tensor'],
  [globalKey('torch._utils', '_rebuild_parameter'), 'parameter'],
  ...Object.entries(storages).map(([name, kind]): [string, Meaning] => [
    globalKey('torch', name),
    { storageOf: kind },
  ]),
]);
