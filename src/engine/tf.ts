/**
 * The only module that imports TensorFlow.js.
 *
 * tfjs-core registers no gradients in Node; `npm run build` makes a module of them. Code above the engine uses the functional ops
 * (`tf.add(a, b)`), because the chained methods are not registered.
 */
import '#coreGradients';

export * from '@tensorflow/tfjs-core';
