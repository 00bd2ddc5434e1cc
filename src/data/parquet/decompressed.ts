import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { type CompressionCodec, type Compressors, snappyUncompress } from 'hyparquet';

type Decompress = (input: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>;

/** The most that a byte of Snappy can become: a copy of 64 bytes takes 3. */
const mostTimes = 22;

/** What needs no optional package. */
const always: Partial<Record<CompressionCodec, Decompress>> = {
  UNCOMPRESSED: (input) => input,
  SNAPPY: unsnapped,
  GZIP: (input, size) => promisify(zlib.gunzip)(input, { maxOutputLength: Math.max(1, size) }),
  BROTLI: (input, size) => promisify(zlib.brotliDecompress)(input, { maxOutputLength: Math.max(1, size) }),
};

const damaged = 'its compressed data is damaged';

function unsnapped(input: Uint8Array, size: number): Uint8Array {
  if (size > mostTimes * input.length) throw new Error(damaged);
  const output = new Uint8Array(size);
  snappyUncompress(input, output);
  return output;
}

/**
 * Returns the function for a compression, which throws an error for damaged bytes.
 *
 * @param importPackage loads the optional package
 * @throws Error that says what to install
 */
export async function decompressorOf(
  codec: CompressionCodec,
  importPackage: () => Promise<{ readonly compressors: object }> = () => import('hyparquet-compressors'),
): Promise<Decompress> {
  const decompress = always[codec] ?? (await optional(codec, importPackage));
  return async (input, size) => {
    try {
      const output = await decompress(input, size);
      if (output.length === size) return output;
    } catch (error) {
      throw new Error(damaged, { cause: error });
    }
    throw new Error(damaged);
  };
}

async function optional(
  codec: CompressionCodec,
  importPackage: () => Promise<{ readonly compressors: object }>,
): Promise<Decompress> {
  const remedy = 'or write it with compression="snappy"';
  const { compressors } = await importPackage().catch((error: unknown) => {
    const problem = `its compression ${codec} needs a package that is not installed`;
    throw new Error(`${problem}; run "npm install hyparquet-compressors", ${remedy}`, { cause: error });
  });
  const decompress = (compressors as Compressors)[codec];
  if (!decompress)
    throw new Error(
      `its compression ${codec ?? '(unknown)'} cannot be read; write it with compression="snappy"`,
    );
  return decompress;
}
