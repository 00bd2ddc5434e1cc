/** What has been measured, in a JSON file that is written after every measurement. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { dirname } from 'node:path';

/** A mean over images with its standard error. */
export interface Mean {
  readonly mean: number;
  readonly standardError: number | null;
}

/** One run on the emoji. */
export interface EmojiResult {
  readonly variant: string;
  readonly seed: number;
  readonly epochs: number;
  /** Bits per dimension on the held-out emoji, with the weights of the last step. */
  readonly raw: Mean;
  /** The same with their moving average. */
  readonly ema: Mean;
  /** Of the training, as the run says. */
  readonly seconds: number;
  readonly machine: string;
  readonly date: string;
}

/** A validation of the digits' run. */
export interface CurvePoint {
  readonly epoch: number;
  /** Of training until then. */
  readonly seconds: number;
  readonly negativeElbo: number;
}

export interface DigitsResult {
  readonly curve: readonly CurvePoint[];
  readonly images: number;
  readonly negativeElbo: Mean;
  /** Draws of the bound. */
  readonly samples: number;
  /** Null until it is measured. */
  readonly bound: Mean | null;
  readonly seconds: number;
  readonly machine: string;
  readonly date: string;
}

export interface SamplesResult {
  readonly model: string;
  readonly temperature: number;
  /** Path of the picture from docs/. */
  readonly picture: string;
}

export interface Results {
  readonly emoji: readonly EmojiResult[];
  readonly digits: DigitsResult | null;
  readonly samples: readonly SamplesResult[];
}

export interface Store {
  readonly results: Results;
  /** Replaces parts, and writes the file. */
  update(change: Partial<Results>): void;
}

/** Opens a file, or begins a new one. */
export function openStore(path: string): Store {
  let results: Results = { emoji: [], digits: null, samples: [] };
  try {
    results = { ...results, ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<Results>) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return {
    get results() {
      return results;
    },
    update(change) {
      results = { ...results, ...change };
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.part`, `${JSON.stringify(results, null, 2)}\n`);
      renameSync(`${path}.part`, path);
    },
  };
}

/** The processor, the number of its cores, and Node. */
export function machine(): string {
  const model = cpus()[0]?.model ?? arch();
  return `${model}, ${cpus().length} cores, Node ${process.versions.node}`;
}

/** Today, as YYYY-MM-DD. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
