import type { Inputs } from '../engine/replays.js';
import type { Noise } from './random.js';

/** Random numbers for work that can be replayed: each replay draws them from the noise of its own context. */
export function replayedNoise<C>(inputs: Inputs<C>, noiseOf: (context: C) => Noise): Noise {
  return {
    normal: (draw, shape) => inputs.tensor((context) => noiseOf(context).normal(draw, shape)),
    normalValues: (draw, length) => inputs.values((context) => noiseOf(context).normalValues(draw, length)),
    uniform: (draw, shape) => inputs.tensor((context) => noiseOf(context).uniform(draw, shape)),
  };
}
