import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** Emscripten's allocator, which tfjs' types leave out. */
interface Heap {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** WebAssembly addresses are 32 bits wide. */
const largestHeap = 2 ** 32;

const guarded = new WeakSet<BackendWasm>();

/**
 * Makes the backend throw when its heap cannot grow. The allocator signals this with the address 0 and takes sizes modulo 2^32.
 * tfjs checks neither and would overwrite other memory.
 */
export function guardMemory(backend: BackendWasm): void {
  if (guarded.has(backend)) return;
  guarded.add(backend);
  const wasm = backend.wasm as unknown as Heap;
  wasm._free(wasm._malloc(8)); // the first call makes emscripten install the real function
  const allocate = wasm._malloc;
  wasm._malloc = (bytes: number) => {
    const address = bytes < largestHeap ? allocate(bytes) : 0;
    if (address === 0 && bytes > 0) {
      throw new RangeError(
        `engine wasm: no memory for a tensor of ${Math.ceil(bytes / 2 ** 20)} MiB; all tensors together can use at most 4 GiB; ` +
          'use a smaller batch_size, or another engine',
      );
    }
    return address;
  };
}
