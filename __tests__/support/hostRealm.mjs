/**
 * Node with the typed arrays of the process in the place of jest's own: what a library makes outside of jest's realm
 * (TensorFlow, Dawn) is no `Float32Array` in it, and tfjs asks for that.
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
