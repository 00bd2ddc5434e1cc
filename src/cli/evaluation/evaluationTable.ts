/** The result of an evaluation as a table for people, at most 80 cells wide. Pure. */
import type { EvaluationResult, Measure } from '../../streams/evaluation/evaluationEvents.js';
import { count, figure } from '../../ui/format.js';
import { filled, widthOf } from '../../ui/text.js';

const gap = '   ';

type Row = readonly [title: string, ...cells: string[]];

/** A result in lines: likelihoods, latent groups, reconstructions, and what the numbers are of. */
export function evaluationTable(result: EvaluationResult): string {
  const parts = [likelihoods(result), groups(result), reconstructions(result), notes(result)];
  return parts.map((lines) => lines.join('\n')).join('\n\n');
}

function likelihoods(result: EvaluationResult): string[] {
  const several = result.samples > 1;
  const draws = count(result.samples);
  const training = result.trainingBitsPerDimension;
  const bound = bits(result.bitsPerDimensionImportanceWeighted);
  // the likelihood of training is the probability of binary values or of the 8-bit values
  const isSame = result.samplingMethod === 'bernoulli' || result.normalizedLikelihood;
  const trainingRows: (Row | null)[] = [
    ["negative ELBO, training's likelihood", nats(result.negativeElbo), training ? bits(training) : ''],
    several ? [`bound from ${draws} draws, training's`, nats(result.importanceWeighted), ''] : null,
  ];
  const rows: (Row | null)[] = [
    ['', 'nats per image', 'bits/dim'],
    ['negative ELBO', nats(result.negativeElboMass), bits(result.bitsPerDimension)],
    ['  reconstruction loss', nats(result.reconstructionLossMass), ''],
    ['  KL', nats(result.kl), ''],
    several ? [`bound from ${draws} draws`, nats(result.importanceWeightedMass), bound] : null,
    several ? ['  draws that count', `${decimal(result.effectiveSamplesMass, 1)} of ${draws}`, ''] : null,
    ...(isSame ? [] : trainingRows),
  ];
  return table(rows.filter((row) => row !== null));
}

function groups({ groups }: EvaluationResult): string[] {
  const rows = groups.map(({ level, size, channels, kl, units, activeUnits }): Row => {
    const active = activeUnits === null ? '-' : `${count(activeUnits)} of ${count(units)}`;
    return [`${level}: ${size}x${size}x${channels}`, nats(kl), active];
  });
  return table([['latent group', 'KL, nats per image', 'active units'], ...rows]);
}

function reconstructions({ meanSquaredError, psnr, ssim }: EvaluationResult): string[] {
  const squares = `${figure(meanSquaredError.mean)}${plusMinus(meanSquaredError, figure)}`;
  return table([
    ['reconstruction error', ''],
    ['mean squared error, lower is better', squares],
    ['PSNR in dB, higher is better', decimal(psnr, 2)],
    ['SSIM, higher is better, at most 1', decimal(ssim, 4)],
  ]);
}

function notes(result: EvaluationResult): string[] {
  const { images, skipped, total, stopped, samplingMethod, binarized } = result;
  const unit = total === 1 ? 'image' : 'images';
  const some = stopped ? `${count(images)} of ${count(total)} ${unit}` : `${count(images)} ${unit}`;
  const left = skipped > 0 ? `, ${count(skipped)} skipped` : '';
  const speed = `${figure(result.imagesPerSecond)} images/s`;
  const lines = [`${some}${left}, ${speed}; lower nats and bits/dim are better`];
  if (images > 1) lines.push('\u00b1 is the standard error of the mean over the images');
  if (binarized !== 'none') lines.push(binarizedText(result));
  if (samplingMethod === 'gaussian' || samplingMethod === 'gaussian_mixture') {
    lines.push(`training's likelihood is a density (${samplingMethod}): it has no bits, and may be below 0`);
  }
  return lines;
}

function binarizedText({ binarized, seed }: EvaluationResult): string {
  const how =
    binarized === 'dynamic'
      ? `255 with probability value / 255, drawn by seed ${seed} and the image's name`
      : '255 from 128 on';
  return `images were made binary (${binarized}):\n  ${how}`;
}

function nats(measure: Measure): string {
  return decimal(measure, Math.abs(measure.mean) >= 100 ? 1 : 3);
}

function bits(measure: Measure): string {
  return decimal(measure, 4);
}

function decimal(measure: Measure, digits: number): string {
  const format = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${format.format(measure.mean)}${plusMinus(measure, (value) => format.format(value))}`;
}

function plusMinus({ standardError }: Measure, text: (value: number) => string): string {
  return standardError === null ? '' : ` \u00b1 ${text(standardError)}`;
}

/** Columns as wide as their longest cell; all but the first are aligned to the right. */
function table(rows: readonly Row[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const cellOf = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return column === 0 ? filled(cell, width) : ' '.repeat(width - widthOf(cell)) + cell;
  };
  return rows.map((row) => row.map(cellOf).join(gap).trimEnd());
}
