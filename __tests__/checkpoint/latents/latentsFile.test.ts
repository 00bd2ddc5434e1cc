import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodingAt, joinEncodings } from '../../../src/base/encodings.js';
import type { Encoding } from '../../../src/base/plainData.js';
import {
  checkLatentsFile,
  latentsBetween,
  openLatents,
} from '../../../src/checkpoint/latents/latentsFile.js';
import { LatentsWriter } from '../../../src/checkpoint/latents/latentsWriter.js';
import { readModelFile } from '../../../src/checkpoint/readModelFile.js';
import { readSafetensors, readSafetensorsHeader } from '../../../src/checkpoint/readSafetensors.js';
import { canMount, tmpfs } from '../../support/disks.js';
import { encodingArbitrary, encodingOf } from '../../support/encodings.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const never = new AbortController().signal;
const small = () =>
  encodingOf(
    [
      [1, 2, 1],
      [2, 2, 2],
    ],
    ['a.png', 'b.png', 'c.png'],
  );

async function written(path: string, parts: readonly Encoding[], metadata = {}) {
  const writer = new LatentsWriter(path, metadata);
  for (const part of parts) writer.add(part);
  const result = await writer.finish(never);
  writer.discard();
  return result;
}

interface Stored {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | Uint16Array;
}

/** A file as another program may write it. */
async function foreign(tensors: Record<string, Stored>, metadata?: Record<string, string>): Promise<string> {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, values }]) => {
    const begin = end;
    end += values.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const content = Object.fromEntries([...(metadata ? [['__metadata__', metadata]] : []), ...entries]);
  const text = JSON.stringify(content);
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const data = Object.values(tensors).map(({ values }) => new Uint8Array(values.buffer));
  const path = inFolder('foreign.safetensors');
  await writeFile(path, Buffer.concat([length, header, ...data]));
  return path;
}

const floats = (shape: readonly number[], first = 0): Stored => {
  const length = shape.reduce((product, size) => product * size, 1);
  return { dtype: 'F32', shape, values: Float32Array.from({ length }, (_, i) => (i === 0 ? first : i)) };
};

describe('a latents file', () => {
  test('should hold what was written, in whatever parts, and give any part of it', () =>
    fc.assert(
      fc.asyncProperty(
        encodingArbitrary(),
        fc.infiniteStream(fc.boolean()),
        fc.nat(),
        async (all, cuts, at) => {
          const parts: Encoding[][] = [];
          all.names.forEach((_, i) => {
            if (i === 0 || cuts.next().value) parts.push([]);
            parts.at(-1)?.push(encodingAt(all, i));
          });
          const path = inFolder('x.safetensors');
          const count = all.names.length;
          expect(await written(path, parts.map(joinEncodings))).toEqual({ path, images: count, named: true });
          const file = await openLatents(path);
          expect(file.names).toEqual(all.names);
          checkLatentsFile(
            file,
            all.latents.map(({ shape }) => shape.slice(1)),
            'm',
          );
          expect(await latentsBetween(file, 0, count)).toEqual(all);
          const begin = at % count;
          const rest = all.names.slice(begin).map((_, i) => encodingAt(all, begin + i));
          expect(await latentsBetween(file, begin, count)).toEqual(joinEncodings(rest));
          expect(await readdir(inFolder())).toEqual(['x.safetensors']);
        },
      ),
      { numRuns: 60 },
    ));

  test('should be a safetensors file with one tensor per group and what the writer was told', async () => {
    const path = inFolder('deeper', 'x.safetensors');
    await written(path, [small()], { model: 'demo', seed: '3' });
    const { tensors, metadata } = await readSafetensors(path);
    expect([...tensors.keys()]).toEqual(['latent.0', 'latent.1']);
    expect(tensors.get('latent.1')).toEqual(small().latents[1]);
    expect(Object.fromEntries(metadata)).toEqual({
      format: 'rx-nvae latents',
      format_version: '1',
      model: 'demo',
      seed: '3',
      names: '["a.png","b.png","c.png"]',
    });
    await expect(readModelFile(path)).rejects.toThrow(
      'contains latents, not a model; give it to nvae decode',
    );
  });

  test('should keep names with many colons, and leave out names beyond 8 MiB', async () => {
    const path = inFolder('x.safetensors');
    const of = (count: number, name: string) => encodingOf([[1, 1, 1]], Array(count).fill(name));
    expect((await written(path, [of(5000, ':'.repeat(100))]))?.named).toBe(true);
    expect((await openLatents(path)).names?.[4999]).toBe(':'.repeat(100));
    const long = of(3000, '"'.repeat(1000));
    expect(await written(path, [long, long])).toEqual({ path, images: 6000, named: false });
    const file = await openLatents(path);
    expect(file.names).toBeNull();
    expect((await latentsBetween(file, 9, 11)).names).toEqual(['0009', '0010']);
    expect((await readSafetensorsHeader(path)).metadata.has('names')).toBe(false);
  });

  test('should not appear when the writer is stopped, discarded or fails', async () => {
    const path = inFolder('x.safetensors');
    await writeFile(path, 'what was there');
    const writer = new LatentsWriter(path);
    writer.add(small());
    expect((await readdir(inFolder())).sort()).toEqual([
      'x.safetensors',
      'x.safetensors.partial.0',
      'x.safetensors.partial.1',
    ]);
    expect(() => writer.add(encodingOf([[1, 2, 1]], ['d']))).toThrow('expected 2 latent groups, got 1');
    expect(() =>
      writer.add(
        encodingOf(
          [
            [1, 3, 1],
            [2, 2, 2],
          ],
          ['d'],
        ),
      ),
    ).toThrow('writeLatents: latent group 0: expected [1,1,2,1], got [1,1,3,1] with 3 values');
    await expect(writer.finish(AbortSignal.abort())).rejects.toThrow(`${path}: cannot be written: `);
    writer.discard();
    expect(await readdir(inFolder())).toEqual(['x.safetensors']);
    expect(await readFile(path, 'utf8')).toBe('what was there');
    expect(await new LatentsWriter(path).finish(never)).toBeNull();
    expect(await readFile(path, 'utf8')).toBe('what was there');
    await expect(written(inFolder('x.safetensors', 'y'), [small()])).rejects.toThrow('cannot be written: E');
  });

  (canMount ? test : test.skip).each([
    ['while images arrive', 1000],
    ['when the groups are joined', 6],
  ])('should leave the file of before on a disk that is full %s', async (_, times) => {
    const disk = tmpfs(inFolder('disk'), 1e6);
    try {
      const path = inFolder('disk', 'x.safetensors');
      await written(path, [small()]);
      const before = await readFile(path);
      const large = encodingOf([[50, 50, 10]], ['a']); // 100 kB
      const writer = new LatentsWriter(path);
      const work = async () => {
        for (let i = 0; i < times; i += 1) writer.add(large);
        await writer.finish(never);
      };
      await expect(work()).rejects.toThrow(`${path}: cannot be written: ENOSPC`);
      writer.discard();
      expect(await readdir(inFolder('disk'))).toEqual(['x.safetensors']);
      expect((await readFile(path)).equals(before)).toBe(true);
    } finally {
      disk.unmount();
    }
  });

  test('should refuse metadata of its own', () => {
    expect(() => new LatentsWriter('x', { names: '' })).toThrow('metadata: "names" is written by itself');
    expect(() => new LatentsWriter('x', { a: 'a'.repeat(2 ** 20) })).toThrow(
      'at most 1048576 bytes, got 10485',
    );
  });
});

describe('a latents file of another program', () => {
  test('should need neither names nor metadata, nor the order of the groups', async () => {
    const labels = { dtype: 'U16', shape: [3], values: new Uint16Array(3) };
    const tensors = { 'latent.1': floats([2, 2, 1, 1]), labels, 'latent.0': floats([2, 1, 1, 3]) };
    const path = await foreign({ ...tensors, labels: { ...labels, shape: [4], values: new Uint16Array(4) } });
    const file = await openLatents(path);
    expect(file.groups.map(({ shape }) => shape)).toEqual([
      [1, 1, 3],
      [2, 1, 1],
    ]);
    const { names, latents } = await latentsBetween(file, 1, 2);
    expect(names).toEqual(['1']);
    expect(latents.map(({ data }) => [...data])).toEqual([
      [3, 4, 5],
      [2, 3],
    ]);
  });

  test('should be read in 64-bit floats', async () => {
    const values = Float64Array.of(0.1, -2.5, 1e-300);
    const file = await openLatents(
      await foreign({ 'latent.0': { dtype: 'F64', shape: [3, 1, 1, 1], values } }),
    );
    const { latents } = await latentsBetween(file, 0, 3);
    expect(latents[0]?.data).toEqual(Float32Array.of(0.1, -2.5, 0));
  });

  const one = floats([2, 1, 1, 1]);
  test.each<[string, Record<string, Stored>, Record<string, string> | undefined, string]>([
    ['nothing', { a: one }, undefined, 'has no tensor "latent.0"; write such a file with nvae encode'],
    ['a gap', { 'latent.0': one, 'latent.2': one }, undefined, 'has no tensor "latent.1", but "latent.2"; '],
    [
      'a strange name',
      { 'latent.0': one, 'latent.x': one },
      undefined,
      'has no tensor "latent.1", but "latent.x"',
    ],
    [
      'axes',
      { 'latent.0': floats([2, 1, 1]) },
      undefined,
      'expected [images, height, width, channels], got [2,1,1]',
    ],
    [
      'another number of images',
      { 'latent.0': one, 'latent.1': floats([3, 1, 1, 1]) },
      undefined,
      '"latent.1": expected 2 images as in "latent.0", got 3 ([3,1,1,1])',
    ],
    ['no image', { 'latent.0': floats([0, 1, 1, 1]) }, undefined, 'has latents of no image; '],
    [
      'half precision',
      { 'latent.0': { dtype: 'F16', shape: [4, 1, 1, 1], values: new Uint16Array(4) } },
      undefined,
      '"latent.0": expected 32- or 64-bit floats (F32, F64), got F16; convert it, in Python with .astype("float32")',
    ],
    [
      'names',
      { 'latent.0': one },
      { names: 'a, b' },
      '"names" in its metadata: expected a list of names in JSON',
    ],
    [
      'other names',
      { 'latent.0': one },
      { names: '[1, 2]' },
      'expected a list of names in JSON, got "[1, 2]"; ',
    ],
    [
      'few names',
      { 'latent.0': one },
      { names: '["a"]' },
      'expected 2 names, one per image, got 1; correct it, or',
    ],
  ])('should be refused for %s', async (_, tensors, metadata, message) => {
    const path = await foreign(tensors, metadata);
    await expect(openLatents(path)).rejects.toThrow(`${path}: `);
    await expect(openLatents(path)).rejects.toThrow(message);
  });

  test('should be refused by the model that it does not fit, naming the tensor', async () => {
    const file = await openLatents(await foreign({ 'latent.0': one, 'latent.1': one }));
    const check =
      (...shapes: number[][]) =>
      () =>
        checkLatentsFile(file, shapes, 'the model demo');
    expect(check([1, 1, 1], [1, 1, 1])).not.toThrow();
    expect(check([1, 1, 1], [1, 1, 2])).toThrow(
      '"latent.1": expected [2,1,1,2] for the model demo, got [2,1,1,1]; use the model that encoded them',
    );
    expect(check([1, 1, 1])).toThrow('"latent.1": expected none for the model demo, got [2,1,1,1]');
    expect(check([1, 1, 1], [1, 1, 1], [4, 4, 2])).toThrow(
      '"latent.2": expected [2,4,4,2] for the model demo, got none',
    );
  });

  test.each([Number.NaN, Number.NEGATIVE_INFINITY])('should be refused for a value of %d', async (value) => {
    const tensors = { 'latent.0': one, 'latent.1': floats([2, 1, 1, 1], value) };
    const file = await openLatents(await foreign(tensors, { names: '["a\\n", "b"]' }));
    await expect(latentsBetween(file, 1, 2)).resolves.toMatchObject({ names: ['b'] });
    await expect(latentsBetween(file, 0, 2)).rejects.toThrow(
      `contains a non-finite value: ${value} in "latent.1" of image "a\uFFFD"; `,
    );
  });

  test('should be refused when it changes meanwhile, is missing or is cut off', async () => {
    const path = await foreign({ 'latent.0': one });
    const file = await openLatents(path);
    await appendFile(path, 'x');
    await expect(latentsBetween(file, 0, 1)).rejects.toThrow('was changed while it was read; start again');
    await expect(openLatents(path)).rejects.toThrow(
      'damaged safetensors file: expected 8 bytes of tensors, got 9',
    );
    await expect(openLatents(inFolder('nowhere'))).rejects.toThrow('nowhere: cannot be read: ENOENT');
  });
});
