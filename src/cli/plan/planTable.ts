/** What a training will take, as a table for people. Pure. */
import { printable } from '../../base/messageText.js';
import type { NvaeConfig } from '../../config/types.js';
import type { TrainingPlan } from '../../streams/plan/planTraining.js';
import { settingOptions } from '../../training/fittingSettings.js';
import { bytes, count, duration, figure } from '../../ui/format.js';
import { filled } from '../../ui/text.js';

/** Where the second column begins. */
const indent = 10;

export function planTable(config: NvaeConfig, plan: TrainingPlan): string {
  return [heading(plan), ...memory(plan), ...suggestions(config, plan), ...time(plan)].join('\n');
}

function heading({
  configuration,
  parameters,
  engine,
  engineDescription,
  batchSize,
  images,
}: TrainingPlan): string {
  const on = engineDescription === '' ? engine : `${engine} (${engineDescription})`;
  const held = images && images.validation > 0 ? `, validation on ${count(images.validation)} others` : '';
  const of = images
    ? `${count(images.training)} images in batches of ${batchSize}${held}`
    : `batches of ${batchSize}`;
  return `${printable(configuration)} on ${on}: ${(parameters / 1e6).toFixed(2)} M parameters, ${of}`;
}

function memory({
  memory: { peak, steps, besideSteps, images, perImage },
  batchSize,
  machine,
  fits,
}: TrainingPlan) {
  const kept = images > 0 ? `, ${bytes(images)} decoded images` : '';
  const free = `${bytes(machine.free)} free`;
  return [
    line('memory', `${bytes(peak)} at the peak; ${fits ? free : `does not fit: only ${free}`}`),
    line(
      '',
      `${bytes(steps)} for steps and previews (${bytes(perImage)} per image of a batch of ${batchSize})`,
    ),
    line('', `${bytes(besideSteps)} for checkpoints and loading${kept}`),
  ];
}

function suggestions(config: NvaeConfig, { suggestions, fits }: TrainingPlan): string[] {
  if (fits) return [];
  if (suggestions.length === 0)
    return [line('fits', 'nothing: not even one image at a time; choose a smaller model')];
  return suggestions.map((settings, i) =>
    line(i === 0 ? 'fits' : '', `${settingOptions(config, settings)}: ${bytes(settings.peakBytes)}`),
  );
}

function time({ seconds, stepsPerEpoch, epochs, batchSize }: TrainingPlan): string[] {
  if (seconds === null) return [line('time', 'not measured, because it does not fit')];
  const { perStep, perEpoch, run } = seconds;
  const step = line(
    'step',
    `${perStep.toFixed(perStep < 10 ? 2 : 1)} s, ${figure(batchSize / perStep)} images/s`,
  );
  if (perEpoch === null || stepsPerEpoch === null) {
    return [
      step,
      line(
        'epoch',
        `${duration((1000 * perStep) / batchSize)} per 1,000 images (--dataset or --images tells how many there are)`,
      ),
    ];
  }
  const ends = run === null ? 'no end: epochs is -1' : `${duration(run)}, ${count(epochs)} epochs`;
  return [
    step,
    line('epoch', `${duration(perEpoch)}, ${count(stepsPerEpoch)} ${stepsPerEpoch === 1 ? 'step' : 'steps'}`),
    line('run', ends),
  ];
}

function line(title: string, content: string): string {
  return filled(title, indent) + content;
}
