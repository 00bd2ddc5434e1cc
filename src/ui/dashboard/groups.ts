/** The latent groups of a run, and what they say. */
import { type Point, recentMean } from './history.js';

export type LatentShape = readonly [height: number, width: number, channels: number];

export interface Group {
  readonly scale: string;
  readonly name: string;
  /** Nats per image, over the last steps. */
  readonly kl: number;
  readonly collapsed: boolean;
  /** Latent variables of an image. */
  readonly variables: number;
}

/** Nats per latent variable below which a group says next to nothing. */
const collapse = 0.001;

export function groupsOf(latentShapes: readonly LatentShape[], history: readonly Point[]): Group[] {
  return latentShapes.map(([height, width, channels], index) => {
    const kl = recentMean(history, (point) => point.klPerGroup[index] ?? Number.NaN, 20) ?? 0;
    const variables = height * width * channels;
    const collapsed = kl < collapse * variables;
    return { scale: `${height}x${width}`, name: `g${index}`, kl, collapsed, variables };
  });
}
