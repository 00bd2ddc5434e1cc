/** The environment of PyTorch's processes: what one sets who knows PyTorch on processors. */
import { existsSync } from 'node:fs';
import type { TorchVariant } from './variants.js';

/** Allocators that keep memory instead of returning it to the system, where Debian, Fedora and Arch install them. */
const allocators = ['libjemalloc.so.2', 'libtcmalloc.so.4', 'libtcmalloc_minimal.so.4'].flatMap((name) =>
  ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'].map(
    (folder) => `${folder}/${name}`,
  ),
);

/** Makes the C library's allocator keep its memory: fresh memory costs a page fault for every 4 KiB. */
const keepMemory = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: String(2 ** 40),
  MALLOC_TOP_PAD_: String(2 ** 26),
};

export function torchEnvironment({ simd, threads }: TorchVariant): NodeJS.ProcessEnv {
  const allocator = allocators.find(existsSync);
  return {
    ...(allocator ? { LD_PRELOAD: allocator } : keepMemory),
    OMP_NUM_THREADS: String(threads),
    CUDA_VISIBLE_DEVICES: '', // the model moves some tensors to a GPU if it sees one
    ...(simd === 'avx2' && {
      ATEN_CPU_CAPABILITY: 'avx2',
      ONEDNN_MAX_CPU_ISA: 'AVX2',
      MKL_ENABLE_INSTRUCTIONS: 'AVX2',
    }),
  };
}
