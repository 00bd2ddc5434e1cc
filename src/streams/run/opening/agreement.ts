/** What the ranks of a group must have in common, told before any of them allocates memory. */
import { describeValue } from '../../../base/messageText.js';
import { configDifferences } from '../../../config/configDifferences.js';
import type { NvaeConfig } from '../../../config/types.js';
import { GroupError } from '../../../group/groupError.js';
import { type Fingerprint, imagesDifference } from '../../ranks/fingerprint.js';

/** What a rank has found; plain data. */
export interface RankFacts {
  /** The configuration with the name of the run. */
  readonly config: NvaeConfig;
  readonly seed: number;
  /** The images to learn from. */
  readonly images: Fingerprint;
  /** The held-out images; null for none. */
  readonly heldOut: Fingerprint | null;
}

/**
 * Checks that all ranks train the same model on the same images.
 * @throws GroupError that says which rank differs from rank 0, and how
 */
export function checkAgreement(ranks: readonly RankFacts[]): void {
  const [first] = ranks;
  if (!first) return;
  for (const [rank, facts] of ranks.entries()) {
    const problem = difference(first, facts);
    if (problem !== null) throw new GroupError(`train: rank ${rank} ${problem}`);
  }
}

function difference(first: RankFacts, other: RankFacts): string | null {
  const same = 'start all ranks with the same command';
  const [name, otherName] = [first.config.name, other.config.name];
  if (name !== otherName)
    return `trains the run ${describeValue(otherName)}, rank 0 ${describeValue(name)}; ${same}`;
  const [key] = configDifferences([first.config, other.config]);
  if (key) {
    const [value, otherValue] = key.values.map((value) => JSON.stringify(value) ?? 'not set');
    return `has another configuration: ${key.key} is ${otherValue}, on rank 0 ${value}; ${same}`;
  }
  if (first.seed !== other.seed) return `has the seed ${other.seed}, rank 0 ${first.seed}; ${same}`;
  const images = imagesDifference(first.images, other.images);
  if (images !== null) return `has another dataset: ${images}; give all ranks the same images`;
  if (first.heldOut === null || other.heldOut === null) return null; // the configurations say the same
  const heldOut = imagesDifference(first.heldOut, other.heldOut);
  return heldOut && `has other held-out images: ${heldOut}; give all ranks the same images`;
}
