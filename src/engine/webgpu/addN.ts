import * as tf from '../tf.js';

/**
 * Makes the kernel `AddN` of tfjs' backend accept any number of tensors by adding them in parts. Among the operations with a
 * variable number of inputs, it is the only one that tfjs does not split itself.
 *
 * @param mostInputs number of tensors that one operation may read on the device in use
 */
export function registerAddN(mostInputs: () => number): void {
  const kernel = tf.getKernel(tf.AddN, 'webgpu');
  const add = kernel.kernelFunc;
  const inParts: tf.KernelFunc = (parameters) => {
    const tensors = Object.values(parameters.inputs) as tf.TensorInfo[];
    const most = mostInputs();
    const addSome = (some: readonly tf.TensorInfo[]) =>
      add({ ...parameters, inputs: some as unknown as tf.NamedTensorInfoMap }) as tf.TensorInfo;
    let sum = addSome(tensors.slice(0, most));
    for (let i = most; i < tensors.length; i += most - 1) {
      const next = addSome([sum, ...tensors.slice(i, i + most - 1)]);
      (parameters.backend as tf.KernelBackend).disposeData(sum.dataId);
      sum = next;
    }
    return sum;
  };
  tf.unregisterKernel(tf.AddN, 'webgpu');
  tf.registerKernel({ ...kernel, kernelFunc: inParts });
}
