/** What a checkpoint of the PyTorch implementation says about training, compared with the configuration. Works without Node. */
import type { NvaeConfig } from '../config/types.js';
import { describePickleValue } from '../pytorch/describePickleValue.js';
import { isDict, type PickleValue } from '../pytorch/pickleValue.js';
import { adamaxSettings } from '../training/adamaxSettings.js';
import { learningRate } from '../training/schedule.js';
import type { TorchDict } from './torchEntries.js';
import { torchCosineLength } from './torchSchedule.js';

/** Relative difference of two numbers that are the same but for rounding: PyTorch multiplies the rate from epoch to epoch. */
const rounding = 1e-6;

/** A value as [what it is in the file, its value there, what it is here, its value here]. */
type Row = readonly [there: string, PickleValue | undefined, here: string, number];

/**
 * One sentence for each value of the file that differs from that of the configuration, which counts.
 * @param run all entries of the checkpoint
 * @param group the group of parameters of its optimiser
 * @param epoch the epoch in which training goes on
 */
export function torchDifferences(
  run: TorchDict,
  group: TorchDict,
  epoch: number,
  { name, training }: NvaeConfig,
): string[] {
  const schedule = run.get('optimizer_scheduler');
  const scheduled = (key: string) => (isDict(schedule) ? schedule.get(key) : undefined);
  const { epochs } = training;
  const cosine = epochs === -1 ? 'its value for training without an end' : 'epochs - warmup_epochs - 1';
  const rows: Row[] = [
    ['lr', group.get('lr'), `learning rate of epoch ${epoch + 1}`, learningRate(epoch, training)],
    ['initial_lr', group.get('initial_lr'), 'learning_rate', training.learningRate],
    ['base_lrs', itemOf(scheduled('base_lrs'), 0), 'learning_rate', training.learningRate],
    ['eta_min', scheduled('eta_min'), 'learning_rate_min', training.learningRateMin],
    ['T_max', scheduled('T_max'), cosine, torchCosineLength(training)],
    ['total_epochs', run.get('total_epochs'), 'epochs', epochs],
    ['weight_decay', group.get('weight_decay'), 'weight_decay', training.weightDecay],
    ['betas[0]', itemOf(group.get('betas'), 0), 'constant', adamaxSettings.beta1],
    ['betas[1]', itemOf(group.get('betas'), 1), 'constant', adamaxSettings.beta2],
    ['eps', group.get('eps'), 'constant', adamaxSettings.epsilon],
  ];
  return rows
    .filter(([, there, , here]) => there !== undefined && !isSame(there, here))
    .map(([key, there, meaning, here]) =>
      meaning === 'constant'
        ? `${key} of the optimiser is ${describePickleValue(there)} in the file, but always ${here} here; training goes on with ${here}`
        : `${key} is ${describePickleValue(there)} in the file, but ${meaning} is ${here} in the configuration ${name}, which counts`,
    );
}

function itemOf(list: PickleValue | undefined, index: number): PickleValue | undefined {
  return Array.isArray(list) ? (list as readonly PickleValue[])[index] : undefined;
}

function isSame(there: PickleValue, here: number): boolean {
  return typeof there === 'number' && Math.abs(there - here) <= rounding * Math.abs(here);
}
