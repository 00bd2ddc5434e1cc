import { describeValue } from '../../base/messageText.js';
import type { ByteSource } from '../../checkpoint/byteSource.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { damaged } from '../damaged.js';
import { readExactly } from '../readExactly.js';
import type { ZipRecord } from './zipRecord.js';

/** Compressed bytes per read. They can inflate to a thousand times as many. */
const pieceSize = 16 * 2 ** 10;

/**
 * Inflates a record in pieces, only as far as they are asked for.
 * @param position of its data
 * @throws CheckpointError when the data are damaged
 */
export async function* inflated(
  source: ByteSource,
  where: string,
  position: number,
  { name, storedSize }: ZipRecord,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const length = Math.min(pieceSize, storedSize - done);
        if (length > 0) controller.enqueue(await readExactly(source, where, position + done, length));
        done += length;
        if (done === storedSize) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const reader = compressed.pipeThrough(decompression(where)).getReader();
  try {
    for (;;) {
      const { value, done: isDone } = await reader.read();
      if (isDone) return;
      yield value;
    }
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw damaged(where, `record ${describeValue(name)} cannot be inflated`, error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Node has had `deflate-raw` since 20.12. */
function decompression(where: string): DecompressionStream {
  try {
    return new DecompressionStream('deflate-raw');
  } catch (error) {
    const remedy = 'pack it again without compression, or update Node';
    throw new CheckpointError(
      where,
      `its records are compressed, which this version of Node cannot read; ${remedy}`,
      {
        cause: error,
      },
    );
  }
}
