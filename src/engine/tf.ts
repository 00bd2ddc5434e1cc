/**
 * The one place that imports TensorFlow.js.
 *
 * tfjs-core registers no gradients in Node; importing tfjs-layers does, as a side effect. Everything above the
 * engine uses the functional ops (`tf.add(a, b)`), because the chained methods are not registered.
 */
import '@tensorflow/tfjs-layers';

export * from '@tensorflow/tfjs-core';
