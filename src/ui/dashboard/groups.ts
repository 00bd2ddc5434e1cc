/** The latent groups of a run and their KL. */
import { type Point, recentMean } from './history.js';

export type LatentShape = readonly [height: number, width: number, channels: number];

export interface Group {
  readonly scale: string;
  readonly name: string;
  /** KL in nats per image, over the last steps. */
  readonly kl: number;
  readonly collapsed: boolean;
  /** Number of latent variables per image. */
  readonly variables: number;
}

/** Nats per latent variable below which a group contains almost no information. */
const collapse = 0.001;

export function groupsOf(latentShapes: readonly LatentShape[], history: readonly Point[]): Group[] {
  return latentShapes.map(([height, width, channels], index) => {
    const kl = recentMean(history, (point) => point.klPerGroup[index] ?? Number.NaN, 20) ?? 0;
    const variables = height * width * channels;
    const collapsed = kl < collapse * variables;
    return { scale: `${height}x${width}`, name: `g${index}`, kl, collapsed, variables };
  });
}
