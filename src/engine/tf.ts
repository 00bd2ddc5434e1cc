/**
 * The only module that imports TensorFlow.js.
 *
 * tfjs-core registers no gradients in Node, but importing tfjs-layers does so as a side effect. Code above the
 * engine uses the functional ops (`tf.add(a, b)`), because the chained methods are not registered.
 */
import '@tensorflow/tfjs-layers';

export * from '@tensorflow/tfjs-core';
