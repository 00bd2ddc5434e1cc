import type * as tf from '../tf.js';

/** An operation as tfjs records it. Its `gradient` reads the array `saved` when called. */
export type TapeNode = ReturnType<typeof tf.engine>['state']['activeTape'][number];
