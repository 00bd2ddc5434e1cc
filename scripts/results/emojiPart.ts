/** Emoji at 32x32: one run for each option and seed, measured on held-out emoji with and without EMA. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageFile } from '../../src/data/imageFile.js';
import { emojiSplit } from '../pretrained/emojiSplit.js';
import { compare, meanAndSpread } from './compare.js';
import type { Variant } from './emojiVariants.js';
import { variants } from './emojiVariants.js';
import { lastJson, nvae } from './nvae.js';
import { type EmojiResult, type Mean, machine, type Store, today } from './store.js';
import { trainingSeconds } from './trainingSeconds.js';

interface EmojiOptions {
  readonly folder: string;
  readonly seeds: readonly number[];
  readonly epochs: number;
  readonly variants: readonly Variant[];
}

const t = 'training_parameters';

/** What differs from `demo` in every run. */
function common(epochs: number, seed: number): string[] {
  return [
    `${t}.seed=${seed}`,
    `${t}.epochs=${epochs}`,
    `${t}.warmup_epochs=${Math.max(1, Math.round(epochs / 4))}`,
    `${t}.ema_decay=0.995`,
    `${t}.validation.fraction=0`,
    `${t}.write_reconstruction=false`,
  ];
}

export async function emojiPart(
  store: Store,
  { folder, seeds, epochs, variants: chosen }: EmojiOptions,
): Promise<void> {
  const data = await emojiData(folder);
  for (const seed of seeds) {
    for (const variant of chosen) {
      if (find(store, variant.name, seed, epochs)) continue;
      const result = measure(variant, seed, epochs, folder, data);
      store.update({ emoji: [...store.results.emoji, result] });
      console.log(`${variant.name}, seed ${seed}: ${result.raw.mean} bits/dim, EMA ${result.ema.mean}`);
    }
  }
}

function find({ results }: Store, name: string, seed: number, epochs: number): EmojiResult | undefined {
  return results.emoji.find(
    (result) => result.variant === name && result.seed === seed && result.epochs === epochs,
  );
}

function measure(
  { name, overrides }: Variant,
  seed: number,
  epochs: number,
  folder: string,
  data: string,
): EmojiResult {
  const run = `emoji_${name}_${seed}_${epochs}`;
  const sets = [...common(epochs, seed), ...overrides].flatMap((override) => ['--set', override]);
  if (!existsSync(join(folder, 'saved_weights', `final_result_${run}.model`))) {
    const where = ['--dataset', join(data, 'training'), '--folder', folder, '--no-dashboard', '--quiet'];
    nvae('train', 'demo', '--name', run, ...where, ...sets);
  }
  const bits = (weights: string) => {
    const checkpoint = join(folder, 'saved_weights', `${run}.checkpoint`);
    const output = nvae('evaluate', checkpoint, join(data, 'held-out'), '--weights', weights, '--json');
    return lastJson<{ bitsPerDimension: Mean }>(output).bitsPerDimension;
  };
  const seconds = trainingSeconds(join(folder, 'runs', run, 'events.jsonl'));
  const measured = { raw: bits('raw'), ema: bits('ema') };
  return { variant: name, seed, epochs, ...measured, seconds, machine: machine(), date: today() };
}

/** Returns a folder with the folders `training` and `held-out`, which it copies if they are not there. */
export async function emojiData(folder: string): Promise<string> {
  const data = join(folder, 'data/emoji');
  const { training, heldOut } = await emojiSplit();
  await copyAll(training, join(data, 'training'));
  await copyAll(heldOut, join(data, 'held-out'));
  return data;
}

/** The copy is complete or absent. */
async function copyAll(files: readonly ImageFile[], folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  for (const { path, name } of files) await copyFile(path, join(part, name));
  await rename(part, folder);
}

/** The table: a row for each option. Null without a measurement. */
export function emojiText({ results }: Store): string | null {
  const longest = Math.max(0, ...results.emoji.map(({ epochs }) => epochs));
  const all = results.emoji.filter(({ epochs }) => epochs === longest);
  if (all.length === 0) return null;
  const of = (name: string) => all.filter(({ variant }) => variant === name);
  const rows = variants.flatMap(({ name, against }) => {
    const runs = of(name);
    if (runs.length === 0) return [];
    const { raw, ema } = { raw: runs.map((run) => run.raw.mean), ema: runs.map((run) => run.ema.mean) };
    const verdict = name === against ? 'what the others are compared with' : compare(runs, of(against));
    const words = against === 'default' ? verdict : `${verdict} (compared with ${against})`;
    const minutes = runs.reduce((sum, { seconds }) => sum + seconds, 0) / runs.length / 60;
    const cells = [`\`${name}\``, meanAndSpread(raw), meanAndSpread(ema), minutes.toFixed(1), words];
    return [`| ${cells.join(' | ')} |`];
  });
  const machines = [...new Set(all.map((run) => run.machine))].join('; ');
  const dates = all.map(({ date }) => date).sort();
  const ema = of('default').map((run) => ({ seed: run.seed, raw: run.ema }));
  const emaWords = compare(ema, of('default'));
  return [
    '| option | bits/dim | with EMA | minutes | verdict |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `EMA against the weights of the last step, for \`default\`: ${emaWords}.`,
    '',
    `${longest} epochs each; ${machines}; ${dates[0]} to ${dates.at(-1)}. Minutes are wall time, with whatever else ran on the machine.`,
  ].join('\n');
}
