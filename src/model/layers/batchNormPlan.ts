import type { ParameterSpec } from '../parameterSpec.js';

/** One batch normalisation: the name of its parameters, and its channels. */
export interface BatchNormPlan {
  readonly name: string;
  readonly channels: number;
}

/** Its trained parameters: a factor, 1 at first, and an offset, 0 at first, per channel. */
export function batchNormParameters({ name, channels }: BatchNormPlan): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [channels], layout: 'vector', initial: { kind: 'constant', value: 1 } },
    { name: `${name}.bias`, shape: [channels], layout: 'vector', initial: { kind: 'constant', value: 0 } },
  ];
}
