/** Squeeze-excitation: one factor per image and channel, computed from the channels' means. */
import type { ExciteWeights } from '../../engine/ops.js';
import type { ParameterSpec } from '../parameterSpec.js';
import { uniformForFanIn } from '../parameterSpec.js';
import type { Pass } from '../pass.js';

export interface SqueezeExcitationPlan {
  readonly name: string;
  readonly channels: number;
}

export function squeezeExcitationParameters({ name, channels }: SqueezeExcitationPlan): ParameterSpec[] {
  const hidden = Math.floor(channels / 2);
  return [
    ...linearParameters(`${name}.model.0`, channels, hidden),
    ...linearParameters(`${name}.model.2`, hidden, channels),
  ];
}

function linearParameters(name: string, inputs: number, outputs: number): ParameterSpec[] {
  const initial = uniformForFanIn(inputs);
  return [
    { name: `${name}.weight`, shape: [inputs, outputs], layout: 'linear', initial },
    { name: `${name}.bias`, shape: [outputs], layout: 'vector', initial },
  ];
}

/** Returns the parameters of the two dense layers in the form the engine takes. */
export function exciteWeights(pass: Pass, { name }: SqueezeExcitationPlan): ExciteWeights {
  const parameter = (of: string) => pass.store.parameter(`${name}.model.${of}`);
  return {
    w1: parameter('0.weight'),
    b1: parameter('0.bias'),
    w2: parameter('2.weight'),
    b2: parameter('2.bias'),
  };
}
