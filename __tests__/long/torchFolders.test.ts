/** Recorded files of the PyTorch implementation and damaged ones, which lie beside this repository where they are present. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSafetensors } from '../../src/checkpoint/readSafetensors.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { readAnyModelFile } from '../../src/modelFiles/readAnyModelFile.js';
import { runCli } from '../support/runCli.js';

const folder = fileURLToPath(new URL('../../../shared/pytorch', import.meta.url));
const isPresent = existsSync(join(folder, 'damaged', 'index.json'));
const describeIf = isPresent ? describe : describe.skip;
const json = (...names: string[]) => JSON.parse(readFileSync(join(folder, ...names), 'utf8'));

const secondsAllowed = 5;
const bytesAllowed = 200e6;

interface Damaged {
  readonly file: string;
  readonly expect: 'load' | 'refuse' | 'either';
  readonly say: readonly string[];
  readonly warn?: boolean;
  readonly must_not_exist?: string;
}

interface Recorded {
  readonly files: readonly { readonly file: string; readonly kind: string; readonly same_content: boolean }[];
  readonly content: { readonly epoch: number; readonly seen_images: number; readonly optimizer_step: number };
  /** [name, type, shape, SHA-256 of the values] */
  readonly state_dict: readonly (readonly [string, string, readonly number[], string])[];
  readonly parameters_in_optimizer_order: readonly string[];
}

const sha256 = (values: ArrayBufferView) =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');

describeIf('every recorded tensor should be exact', () => {
  test.each(['plain', 'flows'])('%s', async (name) => {
    const recorded: Recorded = json(name, 'expected.json');
    const expected = (await readSafetensors(join(folder, name, 'expected.safetensors'))).tensors;
    const options = { config: join(folder, name, 'config.yaml') };
    for (const { file, kind, same_content: isSame } of recorded.files) {
      const { tensors } = await readAnyModelFile(join(folder, name, file), options);
      if (!isSame) continue;
      for (const [tensor, , shape, digest] of recorded.state_dict) {
        const { data, shape: got } = tensors.get(tensor)!;
        const values = data instanceof Float32Array ? data : BigInt64Array.from(data, BigInt);
        expect([file, tensor, got, sha256(values)]).toEqual([file, tensor, shape, digest]);
      }
      if (kind !== 'checkpoint') continue;
      const { state, dataPosition } = await loadCheckpoint(join(folder, name, file), options);
      const { epoch, seen_images: imagesSeen, optimizer_step: step } = recorded.content;
      expect(state.position).toEqual({ epoch, batchInEpoch: 0, step, imagesSeen });
      expect([state.optimizerUpdates, dataPosition]).toEqual([step, { epoch, imagesTaken: 0 }]);
      for (const parameter of recorded.parameters_in_optimizer_order) {
        const slots = { momentum: 'exp_avg', maximum: 'exp_inf' };
        for (const [slot, there] of Object.entries(slots)) {
          const got = sha256(tensors.get(`adamax.${slot}.${parameter}`)!.data);
          expect([parameter, got]).toEqual([
            parameter,
            sha256(expected.get(`optimizer.${there}.${parameter}`)!.data),
          ]);
        }
      }
    }
  });
});

describeIf('every damaged file should be answered as its index says', () => {
  const none: Damaged = { file: 'none are present', expect: 'either', say: [] };
  const files: readonly Damaged[] = isPresent ? json('damaged', 'index.json').files : [none];
  const pathOf = (file: string) => join(folder, 'damaged', file);
  let work: string;
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'nvae-damaged-'));
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  test.each(files.map((file) => [file.file, file] as const))(
    '%s',
    async (name, { expect: answer, say, warn, must_not_exist: never }) => {
      const path = pathOf(name);
      const whole = await readAnyModelFile(pathOf('base.model'));
      const begin = performance.now();
      const before = process.memoryUsage().rss;
      const warnings: string[] = [];
      const options = { onWarning: (message: string) => warnings.push(message) };
      const read = name.endsWith('.checkpoint')
        ? loadCheckpoint(path, options)
        : readAnyModelFile(path, options);
      const [result, error] = await read.then(
        (file) => [file, null],
        (thrown) => [null, thrown],
      );
      expect((performance.now() - begin) / 1000).toBeLessThan(secondsAllowed);
      expect(process.memoryUsage().rss - before).toBeLessThan(bytesAllowed);
      if (answer !== 'either') expect([answer, error]).toEqual([result ? 'load' : 'refuse', error]);
      if (result) {
        // The weights are those of the whole file, which a checkpoint contains with others.
        for (const [tensor, data] of whole.tensors)
          expect([tensor, result.tensors.get(tensor)]).toEqual([tensor, data]);
        if (warn) for (const text of say) expect(warnings.join('\n')).toMatch(new RegExp(text, 'i'));
      } else {
        expect(error.name).toBe('CheckpointError');
        expect(error.message.startsWith(`${path}: `)).toBe(true);
        expect(error.message).not.toMatch(/\n|internal|\bat .*:\d+:\d+/);
        for (const text of say) expect(error.message).toMatch(new RegExp(text, 'i'));
      }
      if (never) expect(existsSync(never)).toBe(false);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );

  test.each([
    'os_system',
    'expand_bomb',
    'deflate_bomb',
    'many_entries',
    'huge_text',
    'bad_crc',
    'nan',
    'empty',
  ])('nvae import %s.model: one message, exit code 1, and nothing is written', async (name) => {
    const { code, stdout, stderr } = await runCli(['import', pathOf(`${name}.model`)], { cwd: work });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^nvae: \\S+${name}\\.model: .+\\n$`));
    expect(await readdir(work)).toEqual([]);
  });

  test('nvae sample takes the repacked file, and refuses one with a tensor of another shape', async () => {
    const args = ['0.7', '1', '--rows', '1', '--columns', '1', '--out', join(work, 'x.png'), '--quiet'];
    expect((await runCli(['sample', pathOf('repacked.model'), ...args])).code).toBe(0);
    const { code, stderr } = await runCli(['sample', pathOf('wrong_shape.model'), ...args]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^nvae: \S+wrong_shape\.model: .*\[4, 2, 3, 3\].*\n$/);
  });
});
