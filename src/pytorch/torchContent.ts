import type { PickleValue } from './pickleValue.js';
import type { TorchStorage } from './torchTensor.js';

/** What either format of a file comes to: a pickle, and the bytes of storages. */
export interface TorchContent {
  readonly content: PickleValue;
  readonly isBigEndian: boolean;
  /**
   * Fills the target with the bytes of a storage from `begin`.
   * @throws CheckpointError when the storage is damaged
   */
  readonly readBytes: (storage: TorchStorage, target: Uint8Array, begin: number) => Promise<void>;
}
