/** MNIST, dynamically binarised: one long run of the configuration `digits`, measured on the 10,000 test digits. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mnist } from '../mnist.js';
import { lastJson, nvae } from './nvae.js';
import { type CurvePoint, type Mean, machine, type Store, today } from './store.js';
import { trainingSeconds } from './trainingSeconds.js';

const [run, draws] = ['digits', 100];

interface Measured {
  readonly images: number;
  readonly negativeElboMass: Mean;
  readonly importanceWeightedMass: Mean;
}

export async function digitsPart(store: Store, folder: string): Promise<void> {
  const model = join(folder, 'saved_weights', `final_result_${run}.model`);
  if (!existsSync(model)) {
    nvae('train', run, '--dataset', mnist('train'), '--folder', folder, '--no-dashboard', '--quiet');
  }
  const evaluated = (samples: number) =>
    lastJson<Measured>(nvae('evaluate', model, mnist('test'), '--samples', String(samples), '--json'));
  let { digits } = store.results;
  if (!digits) {
    const journal = join(folder, 'runs', run, 'events.jsonl');
    const { images, negativeElboMass } = evaluated(1);
    digits = {
      curve: curveOf(readFileSync(journal, 'utf8')),
      images,
      negativeElbo: negativeElboMass,
      samples: draws,
      bound: null,
      seconds: trainingSeconds(journal),
      machine: machine(),
      date: today(),
    };
    store.update({ digits });
  }
  if (digits.bound === null) {
    store.update({ digits: { ...digits, bound: evaluated(draws).importanceWeightedMass } });
  }
}

/** The validations of a run with one session or several. */
export function curveOf(journal: string): CurvePoint[] {
  const points: CurvePoint[] = [];
  let [begin, before, last] = [0, 0, 0];
  for (const line of journal.split('\n').filter((text) => text.endsWith('}'))) {
    const entry = JSON.parse(line) as { type: string; time: number; epoch: number; negativeElbo: number };
    if (entry.type === 'started') [before, begin] = [before + last, entry.time];
    last = (entry.time - begin) / 1000;
    if (entry.type !== 'validation') continue;
    points.push({ epoch: entry.epoch, seconds: before + last, negativeElbo: entry.negativeElbo });
  }
  return points;
}

/** Null without a measurement. */
export function digitsText({ results: { digits } }: Store): string | null {
  if (!digits) return null;
  const number = ({ mean, standardError }: Mean) =>
    `${mean.toFixed(2)} ± ${standardError === null ? '?' : standardError.toFixed(2)}`;
  const { curve, images, samples, bound, seconds } = digits;
  const step = Math.max(1, Math.ceil(curve.length / 12));
  const shown = curve.filter((_, i) => i % step === 0 || i === curve.length - 1);
  return [
    `| on the ${images.toLocaleString('en-US')} test digits | nats per image |`,
    '| --- | --- |',
    `| negative ELBO | ${number(digits.negativeElbo)} |`,
    `| bound from ${samples} draws | ${bound === null ? 'not measured yet' : number(bound)} |`,
    '',
    `Trained for ${(seconds / 60).toFixed(0)} minutes; ${digits.machine}; ${digits.date}. The curve, on the held-out digits of the run:`,
    '',
    '| epoch | minutes | negative ELBO, nats |',
    '| --- | --- | --- |',
    ...shown.map(
      ({ epoch, seconds: at, negativeElbo }) =>
        `| ${epoch + 1} | ${(at / 60).toFixed(1)} | ${negativeElbo.toFixed(2)} |`,
    ),
  ].join('\n');
}
