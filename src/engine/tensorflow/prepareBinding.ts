import { keepingConstants } from './constants.js';
import type { NodeBackend } from './nodeBackend.js';
import { withUnsignedNumbers } from './tensorNumbers.js';

const prepared = new WeakSet<object>();

/** Wraps libtensorflow's binding with our additions; further calls do nothing. */
export function prepareBinding(backend: NodeBackend): void {
  if (prepared.has(backend)) return;
  prepared.add(backend);
  backend.binding = keepingConstants(withUnsignedNumbers(backend.binding));
}
