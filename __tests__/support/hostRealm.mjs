/**
 * Node environment with the typed arrays of the host process instead of jest's own: arrays made by libraries outside jest's realm
 * (TensorFlow, Dawn) are not instances of jest's `Float32Array`, which tfjs checks.
 */
import { TestEnvironment } from 'jest-environment-node';

const names = [
  ...['Float32Array', 'Float64Array', 'Int8Array', 'Int16Array', 'Int32Array', 'BigInt64Array'],
  ...['Uint8Array', 'Uint8ClampedArray', 'Uint16Array', 'Uint32Array', 'BigUint64Array'],
  ...['ArrayBuffer', 'SharedArrayBuffer', 'DataView'],
];

export default class HostRealm extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of names) this.global[name] = globalThis[name];
  }
}
