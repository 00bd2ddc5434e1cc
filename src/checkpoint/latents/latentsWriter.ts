/** Writes a latents file of any number of images. */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../base/errors.js';
import type { Encoding, LatentValues } from '../../base/plainData.js';
import { atomicWrite, partialPath } from '../atomicWrite.js';
import { CheckpointError } from '../checkpointError.js';
import { formatHeader, type TensorEntry } from '../safetensorsHeader.js';
import { bytesOf } from '../safetensorsPieces.js';
import { writeFully } from '../writeFully.js';
import { latentName, latentsFormat, latentsFormatVersion, ownKeys } from './latentsLayout.js';
import { NamesEntry } from './namesEntry.js';

/** A latents file on disk. */
export interface LatentsWritten {
  /** The file. */
  readonly path: string;
  /** Number of images. */
  readonly images: number;
  /** Whether it has the names of the images; more than 8 MiB of names are left out. */
  readonly named: boolean;
}

/** The latents of one group so far, in a file of their own. */
interface Part {
  readonly path: string;
  readonly descriptor: number;
  readonly shape: LatentValues['shape'];
  bytes: number;
}

/** Bytes copied at a time. */
const pieceSize = 4 * 2 ** 20;
const mostMetadata = 2 ** 20;

/**
 * A file has all images of a group before the next group, and its header has their number. So the groups grow in one file each,
 * beside the final one, and are joined at the end. The final file is written as safely as a checkpoint; it appears only when it is
 * complete.
 */
export class LatentsWriter {
  readonly #path: string;
  readonly #metadata: ReadonlyMap<string, string>;
  readonly #names = new NamesEntry();
  readonly #parts: Part[] = [];
  #images = 0;

  /**
   * Nothing is written before the first image.
   * @param metadata further entries of the header
   * @throws RangeError when the metadata has an entry of the writer's own, or is too large
   */
  constructor(path: string, metadata: Readonly<Record<string, string>> = {}) {
    this.#path = path;
    this.#metadata = new Map(Object.entries(metadata));
    const own = Object.values(ownKeys).find((key) => this.#metadata.has(key));
    if (own !== undefined) throw new RangeError(`writeLatents: metadata: "${own}" is written by itself`);
    const length = JSON.stringify(metadata).length;
    if (length > mostMetadata) {
      throw new RangeError(`writeLatents: metadata must have at most ${mostMetadata} bytes, got ${length}`);
    }
  }

  /**
   * Appends images. Writes before it returns, so that nothing waits in memory if the disk is slower than the model.
   * @throws RangeError when groups or shapes differ from those before
   * @throws CheckpointError when it cannot be written
   */
  add({ names, latents }: Encoding): void {
    if (this.#images === 0) this.#begin(latents);
    if (latents.length !== this.#parts.length) {
      throw new RangeError(
        `writeLatents: expected ${this.#parts.length} latent groups, got ${latents.length}`,
      );
    }
    for (const [group, values] of latents.entries()) this.#append(values, group, names.length);
    this.#names.add(names);
    this.#images += names.length;
  }

  /**
   * Completes the file; null if there was no image.
   * @param signal aborts when the file is no longer wanted; it then does not appear
   * @throws CheckpointError when it cannot be written; an existing file is then unchanged
   */
  async finish(signal: AbortSignal): Promise<LatentsWritten | null> {
    if (this.#images === 0) return null;
    const names = this.#names.text;
    const metadata = new Map([
      [ownKeys.format, latentsFormat],
      [ownKeys.version, latentsFormatVersion],
      ...this.#metadata,
    ]);
    if (names !== null) metadata.set(ownKeys.names, names);
    await this.#orFail(() => atomicWrite(this.#path, (file) => this.#join(file, metadata, signal)));
    return { path: this.#path, images: this.#images, named: names !== null };
  }

  /** Removes what is not part of a complete file. Call it when the work has ended or failed. */
  discard(): void {
    for (const { path, descriptor } of this.#parts.splice(0)) {
      closeSync(descriptor);
      rmSync(path, { force: true });
    }
  }

  #begin(latents: readonly LatentValues[]): void {
    this.#tryTo(() => {
      mkdirSync(dirname(this.#path), { recursive: true });
      for (const { shape } of latents) {
        const path = `${partialPath(this.#path)}.${this.#parts.length}`;
        rmSync(path, { force: true });
        this.#parts.push({ path, descriptor: openSync(path, 'wx'), shape, bytes: 0 });
      }
    });
  }

  #append(values: LatentValues, group: number, images: number): void {
    const part = this.#parts[group];
    const expected = [images, ...(part?.shape.slice(1) ?? [])].join();
    const length = values.shape.reduce((product, size) => product * size, 1);
    if (!part || values.shape.join() !== expected || values.data.length !== length) {
      const got = `[${values.shape}] with ${values.data.length} values`;
      throw new RangeError(`writeLatents: latent group ${group}: expected [${expected}], got ${got}`);
    }
    const bytes = bytesOf(values);
    this.#tryTo(() => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(part.descriptor, bytes, done, bytes.length - done);
      }
    });
    part.bytes += bytes.length;
  }

  async #join(file: FileHandle, metadata: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
    const tensors = new Map<string, TensorEntry>();
    let begin = 0;
    this.#parts.forEach(({ shape, bytes }, group) => {
      const [, ...rest] = shape;
      const end = begin + bytes;
      tensors.set(latentName(group), { dtype: 'F32', shape: [this.#images, ...rest], begin, end });
      begin = end;
    });
    const header = formatHeader({ metadata, tensors });
    const prefix = new DataView(new ArrayBuffer(8));
    prefix.setBigUint64(0, BigInt(header.length), true);
    let position = await writeFully(file, new Uint8Array(prefix.buffer), 0);
    position = await writeFully(file, header, position);
    for (const { path } of this.#parts) {
      position = await copyOf(path, file, position, signal);
      await rm(path); // the disk then need not hold everything twice
    }
  }

  #tryTo(write: () => void): void {
    try {
      write();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #orFail(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): CheckpointError {
    return new CheckpointError(this.#path, `cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

/** Appends a file to another at a position; returns the position after it. */
async function copyOf(
  path: string,
  target: FileHandle,
  position: number,
  signal: AbortSignal,
): Promise<number> {
  const source = await open(path);
  try {
    const piece = new Uint8Array(pieceSize);
    for (let end = position; ; ) {
      signal.throwIfAborted();
      const { bytesRead } = await source.read(piece, 0, piece.length, end - position);
      if (bytesRead === 0) return end;
      end = await writeFully(target, piece.subarray(0, bytesRead), end);
    }
  } finally {
    await source.close();
  }
}
