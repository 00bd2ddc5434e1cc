/** The list of cases for a seed. Inputs are created only when a case is written. */
import { checkpointRecipes } from './checkpoints.js';
import { configRecipes } from './configs.js';
import type { FuzzCase, Kind, Recipe } from './fuzzCase.js';
import { imageRecipes } from './images.js';
import { torchRecipes } from './torchFiles.js';

/** `random`: every case of a recipe differs; `special`: one case per recipe is enough. */
export interface Recipes {
  readonly special: readonly Recipe[];
  readonly random: readonly Recipe[];
}

const shares: readonly (readonly [Kind, Recipes, number])[] = [
  ['image', imageRecipes, 0.3],
  ['config', configRecipes, 0.25],
  ['checkpoint', checkpointRecipes, 0.25],
  ['pytorch', torchRecipes, 0.2],
];
/** Smaller corpora are sampled evenly from one of this size, so that they contain some of every kind. */
const whole = 1000;

export function corpus(count: number, seed: number): FuzzCase[] {
  return shares.flatMap(([kind, recipes, share]) => {
    const all = list(kind, recipes, Math.round(Math.max(count, whole) * share), seed);
    const wanted = Math.min(Math.round(count * share), all.length);
    return Array.from({ length: wanted }, (_, i) => all[Math.floor((i * all.length) / wanted)] as FuzzCase);
  });
}

function list(kind: Kind, { special, random }: Recipes, count: number, seed: number): FuzzCase[] {
  const repeated = Array.from(
    { length: Math.max(0, count - special.length) },
    (_, i) => random[i % random.length] as Recipe,
  );
  return [...special, ...repeated].map((recipe, number) => ({ kind, recipe, seed, number }));
}
