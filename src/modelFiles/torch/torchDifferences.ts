/** What a checkpoint of the PyTorch implementation says about training, compared with the configuration. Works without Node. */
import type { Position } from '../../checkpoint/snapshot.js';
import type { NvaeConfig } from '../../config/types.js';
import { describePickleValue } from '../../pytorch/describePickleValue.js';
import { isDict, type PickleValue } from '../../pytorch/pickleValue.js';
import { adamaxSettings } from '../../training/adamaxSettings.js';
import { learningRate } from '../../training/schedule.js';
import type { TorchDict } from './torchEntries.js';
import { isEndless, torchCosineLength } from './torchSchedule.js';

/** Relative difference of two numbers that are the same but for rounding: PyTorch multiplies the rate from epoch to epoch. */
const rounding = 1e-6;

interface Comparison {
  /** What it is in the file. */
  readonly key: string;
  readonly there: PickleValue | undefined;
  /** What it is in the configuration. */
  readonly meaning: string;
  readonly here: number;
}

/**
 * One sentence for each value of the file that differs from that of the configuration, which counts.
 * @param run all entries of the checkpoint
 * @param group the group of parameters of its optimiser
 * @param position where training goes on
 */
export function torchDifferences(
  run: TorchDict,
  group: TorchDict,
  { epoch, step }: Pick<Position, 'epoch' | 'step'>,
  { name, training }: NvaeConfig,
): string[] {
  const scheduler = run.get('optimizer_scheduler');
  const scheduled = (key: string) => (isDict(scheduler) ? scheduler.get(key) : undefined);
  const base = { meaning: 'learning_rate', here: training.learningRate };
  const rates = [
    { ...base, key: 'initial_lr', there: group.get('initial_lr') },
    { ...base, key: 'base_lrs', there: itemOf(scheduled('base_lrs'), 0) },
  ].filter(differs);
  const [first, second] = rates;
  const same = first && second && first.there === second.there;
  const schedule = {
    key: 'T_max',
    there: scheduled('T_max'),
    meaning: 'epochs - warmup_epochs - 1',
    here: torchCosineLength(training),
  };
  const configured: Comparison[] = [
    {
      key: 'lr',
      there: group.get('lr'),
      meaning: `the learning rate of epoch ${epoch + 1}`,
      here: learningRate(epoch, training),
    },
    ...(same ? [{ ...first, key: `${first.key} (base_lrs)` }] : rates),
    {
      key: 'eta_min',
      there: scheduled('eta_min'),
      meaning: 'learning_rate_min',
      here: training.learningRateMin,
    },
    // If it never falls there is no schedule to compare; that total_epochs or the schedule differs says it all.
    ...(isEndless(training) ? [] : [schedule]),
    { key: 'total_epochs', there: run.get('total_epochs'), meaning: 'epochs', here: training.epochs },
    {
      key: 'weight_decay',
      there: group.get('weight_decay'),
      meaning: 'weight_decay',
      here: training.weightDecay,
    },
  ];
  const betas = group.get('betas');
  const { beta1, beta2, epsilon } = adamaxSettings;
  const constant: Comparison[] = [
    { key: 'betas[0]', there: itemOf(betas, 0), meaning: '', here: beta1 },
    { key: 'betas[1]', there: itemOf(betas, 1), meaning: '', here: beta2 },
    { key: 'eps', there: group.get('eps'), meaning: '', here: epsilon },
  ];
  const { learningRateSchedule, learningRateWarmupSteps, epochs } = training;
  const isConstantThere = learningRateSchedule === 'constant' && !differs(schedule);
  const falls = schedule.there !== undefined && epochs !== -1 && !isConstantThere;
  const onlyHere = [
    falls &&
      learningRateSchedule !== 'cosine' &&
      `its learning rate falls along a cosine, but learning_rate_schedule is ${learningRateSchedule}`,
    step < learningRateWarmupSteps &&
      `its learning rate has no warm-up, but learning_rate_warmup_steps is ${learningRateWarmupSteps}`,
  ].filter((difference) => difference !== false);
  return [
    ...configured.filter(differs).map(({ key, there, meaning, here }) => {
      const inFile = `${key} is ${describePickleValue(there)} in the file`;
      return `${inFile}, but ${meaning} is ${here} in the configuration ${name}, which counts`;
    }),
    ...onlyHere.map((difference) => `${difference} in the configuration ${name}, which counts`),
    ...constant.filter(differs).map(({ key, there, here }) => {
      return `${key} of its optimiser is ${describePickleValue(there)}, but always ${here} here`;
    }),
  ];
}

/** Whether the file has the value, and another one. */
function differs({ there, here }: Comparison): boolean {
  if (there === undefined) return false;
  return typeof there !== 'number' || !(Math.abs(there - here) <= rounding * Math.abs(here));
}

function itemOf(list: PickleValue | undefined, index: number): PickleValue | undefined {
  return Array.isArray(list) ? (list as readonly PickleValue[])[index] : undefined;
}
