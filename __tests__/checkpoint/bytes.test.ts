import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { checkpointToBytes, modelToBytes } from '../../src/checkpoint/bytes.js';
import { CheckpointError } from '../../src/checkpoint/checkpointError.js';
import { nodeSha256 } from '../../src/checkpoint/nodeSha256.js';
import { portableSha256 } from '../../src/checkpoint/portableSha256.js';
import { saveCheckpoint } from '../../src/checkpoint/saveCheckpoint.js';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import { anyModelFileFromBytes } from '../../src/modelFiles/anyModelFileFromBytes.js';
import { checkpointFromBytes } from '../../src/modelFiles/checkpointFromBytes.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { smallCheckpoint } from '../support/checkpoints.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

describe('bytes', () => {
  test('should be those of the files', async () => {
    const checkpoint = smallCheckpoint(3);
    await saveCheckpoint(inFolder('x.checkpoint'), checkpoint);
    await saveModel(inFolder('x.model'), checkpoint);
    expect(Buffer.from(await checkpointToBytes(checkpoint))).toEqual(
      await readFile(inFolder('x.checkpoint')),
    );
    expect(Buffer.from(await modelToBytes(checkpoint))).toEqual(await readFile(inFolder('x.model')));
  });

  test('should be read back, from a Uint8Array and from an ArrayBuffer', async () => {
    const bytes = await checkpointToBytes(smallCheckpoint(3));
    const buffer = new ArrayBuffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    expect(await checkpointFromBytes(bytes)).toEqual(smallCheckpoint(3));
    expect(await checkpointFromBytes(buffer)).toEqual(smallCheckpoint(3));
    await writeFile(inFolder('y.checkpoint'), bytes);
    expect(await loadCheckpoint(inFolder('y.checkpoint'))).toEqual(smallCheckpoint(3));
  });

  test('should leave the optimiser out of a model', async () => {
    const { kind, tensors } = await anyModelFileFromBytes(await modelToBytes(smallCheckpoint(3)), {});
    expect(kind).toBe('model');
    expect([...tensors.keys()]).toEqual(['conv.weight', 'bn.num_batches_tracked']);
  });

  test('should be refused by the name they were given where one is damaged', async () => {
    const bytes = await checkpointToBytes(smallCheckpoint(3));
    bytes[bytes.length - 1]! ^= 1;
    const damage = checkpointFromBytes(bytes, { name: 'from the server' });
    await expect(damage).rejects.toThrow(CheckpointError);
    await expect(damage).rejects.toThrow(/^from the server: .*checksum/);
    await expect(checkpointFromBytes(bytes.subarray(0, 5))).rejects.toThrow(/^bytes: .*5/);
    await expect(checkpointFromBytes(await modelToBytes(smallCheckpoint(3)))).rejects.toThrow(
      /^bytes: .*model/,
    );
  });

  test('should have the same digest from both implementations', () => {
    const [node, portable] = [nodeSha256(), portableSha256()];
    for (const length of [0, 1, 63, 64, 65, 100_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
      node.update(bytes);
      portable.update(bytes);
    }
    expect(portable.digest()).toBe(node.digest());
  });
});
