/** Records kernel calls with their results, so that another engine can repeat them. */
import * as tf from '../../src/engine/tf.js';

interface Values {
  readonly shape: number[];
  readonly dtype: tf.DataType;
  readonly values: tf.BackendValues;
}

export interface ExecutedKernel {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Values>>;
  /** Whether the inputs were a list. */
  readonly listed: boolean;
  readonly attributes: tf.NamedAttrMap;
  readonly outputs: readonly Values[];
}

/**
 * Runs `work` on the cpu engine, which must be in use, and records the kernels that it executes: of each up to `most` calls with
 * different shapes or attributes.
 */
export async function executedKernels(work: () => Promise<void>, most: number): Promise<ExecutedKernel[]> {
  const backend = tf.backend() as tf.KernelBackend & { readSync(dataId: object): tf.BackendValues };
  const valuesOf = ({ dataId, shape, dtype }: tf.TensorInfo): Values => {
    const values = backend.readSync(dataId);
    return { shape: [...shape], dtype, values: values.slice() as tf.BackendValues };
  };
  const found = new Map<string, Map<string, ExecutedKernel>>();
  const originals = tf.getKernelsForBackend('cpu');
  const watched = originals.map((kernel): tf.KernelConfig => {
    const kernelFunc: tf.KernelFunc = (parameters) => {
      const inputs = parameters.inputs as Record<string, tf.TensorInfo>;
      const attributes = (parameters.attrs ?? {}) as tf.NamedAttrMap;
      const shapes = Object.entries(inputs).map(([name, { shape, dtype }]) => [name, shape, dtype]);
      const key = JSON.stringify([shapes, attributes]);
      const ofName = found.get(kernel.kernelName) ?? new Map<string, ExecutedKernel>();
      found.set(kernel.kernelName, ofName);
      if (ofName.has(key) || ofName.size >= most) return kernel.kernelFunc(parameters);
      // Read the inputs first, because a kernel may work in place.
      const before = Object.fromEntries(Object.entries(inputs).map(([name, info]) => [name, valuesOf(info)]));
      const result = kernel.kernelFunc(parameters);
      ofName.set(key, {
        name: kernel.kernelName,
        inputs: before,
        listed: Array.isArray(inputs),
        attributes,
        outputs: [result].flat().map(valuesOf),
      });
      return result;
    };
    return { ...kernel, kernelFunc };
  });
  replace(watched);
  try {
    await work();
  } finally {
    replace(originals);
  }
  return [...found.values()].flatMap((ofName) => [...ofName.values()]);
}

function replace(kernels: readonly tf.KernelConfig[]): void {
  for (const kernel of kernels) {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel(kernel);
  }
}

/**
 * The error of the engine in use for a recorded call: the largest difference over all results, relative to the largest value of
 * each, or to a hundredth of the largest input if a sum cancels out. Another shape or type, or a different integer, counts as
 * infinite.
 */
export async function distanceOf(kernel: ExecutedKernel): Promise<number> {
  const { name, inputs, listed, attributes, outputs } = kernel;
  const tensors = Object.entries(inputs).map(([key, { values, shape, dtype }]) => {
    return [key, tf.tensor(values.slice() as tf.TypedArray, shape, dtype as 'float32')] as const;
  });
  const given = listed ? tensors.map(([, tensor]) => tensor) : Object.fromEntries(tensors);
  const results = tf.tidy(() => tf.engine().runKernel(name, given as tf.NamedTensorMap, attributes)) as
    | tf.Tensor
    | tf.Tensor[];
  const floor = Math.max(1e-30, ...Object.values(inputs).map(largest)) / 100;
  let furthest = 0;
  for (const [i, result] of [results].flat().entries()) {
    const expected = outputs[i];
    const same =
      expected && result.dtype === expected.dtype && tf.util.arraysEqual(result.shape, expected.shape);
    const scale = same ? Math.max(floor, largest(expected)) : 1;
    furthest = Math.max(
      furthest,
      same ? difference(await result.data(), expected) / scale : Number.POSITIVE_INFINITY,
    );
  }
  tf.dispose([tensors.map(([, tensor]) => tensor), results]);
  return furthest;
}

function largest({ values, dtype }: Values): number {
  if (dtype !== 'float32') return 0;
  return (values as Float32Array).reduce(
    (most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most),
    0,
  );
}

function difference(actual: ArrayLike<number>, { values, dtype }: Values): number {
  const expected = values as ArrayLike<number>;
  let furthest = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (Object.is(a, b) || a === b) continue;
    const apart = Math.abs(a - b);
    if (!Number.isFinite(apart) || dtype !== 'float32') return Number.POSITIVE_INFINITY;
    furthest = Math.max(furthest, apart);
  }
  return furthest;
}
