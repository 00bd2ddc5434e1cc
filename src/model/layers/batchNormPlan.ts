import type { ParameterSpec } from '../parameterSpec.js';

/** One batch normalisation: the name of its parameters and its channels. */
export interface BatchNormPlan {
  readonly name: string;
  readonly channels: number;
}

/** Returns its trained parameters per channel: a factor, initially 1, and an offset, initially 0. */
export function batchNormParameters({ name, channels }: BatchNormPlan): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [channels], layout: 'vector', initial: { kind: 'constant', value: 1 } },
    { name: `${name}.bias`, shape: [channels], layout: 'vector', initial: { kind: 'constant', value: 0 } },
  ];
}
