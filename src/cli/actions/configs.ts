/** `nvae configs`: lists the available configurations with their sizes. */

import { messageOf } from '../../base/errors.js';
import { printable } from '../../base/messageText.js';
import { ConfigError } from '../../config/configError.js';
import { listConfigs, loadConfig } from '../../config/loadConfig.js';
import { latentShapes, paddedDimension, parameterCount, planModel } from '../../model/plan.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { createOutput } from '../terminal/output.js';

interface ConfigSummary {
  readonly name: string;
  readonly path: string;
  readonly inputDimension: number;
  /** Height and width of the images inside the model, with zeros around them. */
  readonly paddedDimension: number;
  readonly imageChannels: number;
  readonly samplingMethod: string;
  readonly parameters: number;
  /** [height, width, channels] of each latent group, the smallest first. */
  readonly latentGroups: readonly (readonly number[])[];
}

async function summarize({ name, path }: { name: string; path: string }): Promise<ConfigSummary> {
  const { model } = await loadConfig(path);
  const plan = planModel(model);
  return {
    name,
    path,
    inputDimension: model.inputDimension,
    paddedDimension: paddedDimension(model),
    imageChannels: model.imageChannels,
    samplingMethod: model.samplingMethod,
    parameters: parameterCount(plan),
    latentGroups: latentShapes(plan),
  };
}

/** Combines groups of the same shape: "2 of 8x8x20, 1 of 16x16x20". */
function describeGroups(shapes: readonly (readonly number[])[]): string {
  const counts = new Map<string, number>();
  for (const shape of shapes) counts.set(shape.join('x'), (counts.get(shape.join('x')) ?? 0) + 1);
  return [...counts].map(([shape, count]) => `${count} of ${shape}`).join(', ');
}

/** "32x32", "28x28 grey, padded to 32x32". */
function describeImages({
  inputDimension: size,
  paddedDimension: padded,
  imageChannels,
}: Pick<ConfigSummary, 'inputDimension' | 'paddedDimension' | 'imageChannels'>): string {
  return `${size}x${size}${imageChannels === 1 ? ' grey' : ''}${padded === size ? '' : `, padded to ${padded}x${padded}`}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export async function configs(options: CommonOptions): Promise<void> {
  const output = createOutput(options);
  const summaries: ConfigSummary[] = [];
  for (const listing of await listConfigs()) {
    try {
      summaries.push(await summarize(listing));
    } catch (error) {
      // Errors from planning a model do not name the file.
      const file = error instanceof ConfigError ? '' : `${listing.path}: `;
      output.warning(`${file}${messageOf(error)}`.replaceAll('\n', '; '));
    }
  }
  const rows = summaries.map(({ name, samplingMethod, parameters, latentGroups, ...images }) => [
    printable(name),
    describeImages(images),
    samplingMethod,
    `${(parameters / 1e6).toFixed(2)} M`,
    describeGroups(latentGroups),
  ]);
  const header = ['name', 'images', 'output', 'parameters', 'latent groups'];
  output.result({ configurations: summaries }, table([header, ...rows]));
}
