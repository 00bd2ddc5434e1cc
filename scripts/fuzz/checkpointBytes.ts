/** A small checkpoint of a run that has made steps, as bytes and in parts. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelFile } from '../../src/checkpoint/modelContent.js';
import { readModelFile } from '../../src/checkpoint/readModelFile.js';
import { parseHeader } from '../../src/checkpoint/safetensorsHeader.js';
import { saveCheckpoint } from '../../src/checkpoint/saveCheckpoint.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import { Trainer } from '../../src/training/trainer.js';

/** The configuration of the run. */
export const smallYaml = [
  'channel_towers: 2',
  'number_of_scales: 1',
  'initial_splits_per_scale: 1',
  'latent_size: 1',
  'input_dimension: 4',
  'num_flows: 0',
  'cells_per_split_enc: 1',
  'num_cells_per_block_prepost: 1',
].join('\n');

export interface SmallRun extends Pick<ModelFile, 'config' | 'tensors' | 'metadata'> {
  readonly bytes: Buffer;
}

export const regionNames = ['length', 'header', 'metadata values', 'tensor', 'tail'] as const;
/** A kind of region in a file. */
export type Region = (typeof regionNames)[number];

export interface Range {
  readonly begin: number;
  readonly end: number;
}

let made: Promise<SmallRun> | undefined;

/** Returns the same run every time. */
export function smallRun(): Promise<SmallRun> {
  made ??= makeRun();
  return made;
}

async function makeRun(): Promise<SmallRun> {
  const trainer = await Trainer.create(parseConfig(smallYaml, { file: 'mine.yaml' }), { seed: 7 });
  const folder = await mkdtemp(join(tmpdir(), 'nvae-fuzz-run-'));
  const path = join(folder, 'mine.checkpoint');
  try {
    const position = { epoch: 1, batchInEpoch: 2, step: 12, imagesSeen: 48 };
    const { config, tensors } = await trainer.snapshot();
    const state = { seed: 7, position, optimizerUpdates: 11 };
    await saveCheckpoint(path, { config, tensors, state, dataPosition: { epoch: 1, imagesTaken: 8 } });
    return { bytes: await readFile(path), ...(await readModelFile(path)) };
  } finally {
    await trainer.dispose();
    await rm(folder, { recursive: true });
  }
}

/** A safetensors file with any header. */
export function headerAndData(header: Buffer, data: Buffer): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([prefix, header, data]);
}

/** The byte ranges of each kind of region in an intact file. */
export function regionsOf(bytes: Buffer): ReadonlyMap<Region, readonly Range[]> {
  const start = 8 + Number(bytes.readBigUInt64LE());
  const { metadata, tensors } = parseHeader(bytes.subarray(8, start), bytes.length - start, 'whole');
  const values = [...metadata.values()].map((value) => {
    const text = JSON.stringify(value).slice(1, -1);
    const begin = bytes.indexOf(text, 8);
    return { begin, end: begin + Buffer.byteLength(text) };
  });
  const data = [...tensors.values()].filter(({ begin, end }) => end > begin);
  return new Map<Region, Range[]>([
    ['length', [{ begin: 0, end: 8 }]],
    ['header', [{ begin: 8, end: start }]],
    ['metadata values', values],
    ['tensor', data.map(({ begin, end }) => ({ begin: start + begin, end: start + end }))],
    ['tail', [{ begin: bytes.length - 16, end: bytes.length }]],
  ]);
}
