import { keepingConstants } from './constants.js';
import type { NodeBackend } from './nodeBackend.js';
import { withUnsignedNumbers } from './tensorNumbers.js';

const prepared = new WeakSet<object>();

/** Puts what we add to libtensorflow's binding in its place; called again, it does nothing. */
export function prepareBinding(backend: NodeBackend): void {
  if (prepared.has(backend)) return;
  prepared.add(backend);
  backend.binding = keepingConstants(withUnsignedNumbers(backend.binding));
}
