/** Operations that often change nothing: the gradients of tfjs request types and shapes that their tensors already have. */
import * as tf from '../../tf.js';

/** Wraps a kernel so that it does not run if `isUnchanged` says that its result equals its input. */
function skipping(name: string, isUnchanged: (x: tf.TensorInfo, attributes: tf.NamedAttrMap) => boolean) {
  const original = tf.getKernel(name, 'tensorflow');
  const kernelFunc: tf.KernelFunc = (parameters) => {
    const { inputs, attrs, backend } = parameters;
    const x = inputs.x as tf.TensorInfo;
    if (!isUnchanged(x, attrs ?? {})) return original.kernelFunc(parameters);
    (backend as tf.KernelBackend).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  };
  return { ...original, kernelFunc };
}

/** Returns the wrapped kernels. Call it after tfjs-node has been imported. */
export function unchangedKernels(): tf.KernelConfig[] {
  return [
    skipping(tf.Cast, ({ dtype }, attributes) => attributes.dtype === dtype),
    skipping(tf.Reshape, ({ shape }, attributes) =>
      tf.util.arraysEqual(attributes.shape as number[], [...shape]),
    ),
  ];
}
