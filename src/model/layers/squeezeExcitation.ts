/** Squeeze-excitation: one factor per image and channel, computed from the channels' means. */
import * as tf from '../../engine/tf.js';
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

/** The factors for x, `[B, 1, 1, C]` in (0, 1). */
export function excitation(pass: Pass, plan: SqueezeExcitationPlan, x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  // The gradient of tf.mean would divide a tensor of x's size, this one only [B, C].
  const squeezed: tf.Tensor2D = tf.mul(tf.sum(x, [1, 2]), 1 / (height * width)); // [B, C]
  const hidden = tf.relu(linear(pass, `${plan.name}.model.0`, squeezed)); // [B, C / 2]
  const factors = tf.sigmoid(linear(pass, `${plan.name}.model.2`, hidden)); // [B, C]
  return tf.reshape(factors, [batch, 1, 1, channels]);
}

function linear(pass: Pass, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const weight = pass.store.parameter(`${name}.weight`) as tf.Tensor2D;
  return tf.add(tf.matMul(x, weight), pass.store.parameter(`${name}.bias`));
}
