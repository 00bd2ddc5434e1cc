import { nativeBackend } from '../../src/engine/native/inUse.js';
import * as tf from '../../src/engine/tf.js';

/** Bytes of the tensors' memory. tfjs itself counts by type: it does not know of float32 that is stored as bfloat16. */
export function bytesInUse(): number {
  return nativeBackend()?.poolStatistics().liveBytes ?? tf.memory().numBytes;
}
