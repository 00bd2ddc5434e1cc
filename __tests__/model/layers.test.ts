import { afterEach, describe, expect, test } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { joinBranch } from '../../src/model/cells/cell.js';
import { decoderCell, planDecoderCell } from '../../src/model/cells/decoderCell.js';
import { encoderCell, planEncoderCell } from '../../src/model/cells/encoderCell.js';
import type { BatchNormPlan } from '../../src/model/layers/batchNorm.js';
import { batchNorm, batchNormParameters } from '../../src/model/layers/batchNorm.js';
import {
  convolution,
  convolutionParameters,
  convolve,
  depthwise,
  depthwiseParameters,
} from '../../src/model/layers/convolution.js';
import { flow, planFlow } from '../../src/model/layers/flow.js';
import {
  planSkipDown,
  planSkipUp,
  skipDown,
  skipDownParameters,
  skipUp,
} from '../../src/model/layers/skip.js';
import { squeezeExcitationParameters } from '../../src/model/layers/squeezeExcitation.js';
import { weightNormConvolution, weightNormParameters } from '../../src/model/layers/weightNormConvolution.js';
import type { ParameterSpec } from '../../src/model/parameterSpec.js';
import { ParameterStore } from '../../src/model/parameterStore.js';
import type { Mode, Pass } from '../../src/model/pass.js';
import { BatchStatistics } from '../../src/model/pass.js';
import { useTestEngine } from '../support/engine.js';
import { expectGradients, normalTensor } from '../support/gradients.js';

useTestEngine();

let store = new ParameterStore([], [], 0);
const statistics = new BatchStatistics();

afterEach(() => {
  store.dispose();
  statistics.dispose();
});

/** A pass over the given parameters, gamma and beta moved away from 1 and 0. */
function passOf(
  parameters: readonly ParameterSpec[],
  batchNorms: readonly BatchNormPlan[],
  mode: Mode = 'train',
): Pass {
  store = new ParameterStore(parameters, batchNorms, 7);
  tf.tidy(() => {
    for (const { name } of batchNorms) {
      for (const key of [`${name}.weight`, `${name}.bias`]) {
        const parameter = store.parameter(key);
        parameter.assign(tf.add(parameter, tf.mul(normalTensor(key, parameter.shape), 0.3)));
      }
    }
  });
  return { store, mode, statistics, weights: null, recompute: false };
}

/** Checks the gradients in x and all parameters. */
function check(pass: Pass, shape: number[], f: (x: tf.Tensor4D) => tf.Tensor): void {
  const x = tf.tidy(() => tf.variable(normalTensor<tf.Tensor4D>('x', shape)));
  expectGradients(() => f(x as tf.Tensor4D), new Map([...pass.store.parameters, ['x', x]]));
  x.dispose();
}

describe('gradients', () => {
  test.each([1, 2] as const)('convolution with stride %d', (stride) => {
    const plan = { name: 'c', kernel: 3, stride, inChannels: 3, outChannels: 4, bias: true };
    const pass = passOf(convolutionParameters(plan), []);
    check(pass, [2, 6, 6, 3], (x) => convolution(pass, plan, x));
  });

  test('depthwise convolution', () => {
    const plan = { name: 'd', kernel: 5, channels: 3, bias: true };
    const pass = passOf(depthwiseParameters(plan), []);
    check(pass, [2, 6, 6, 3], (x) => depthwise(pass, plan, x));
  });

  test('weight-normalised convolution', () => {
    const plan = { name: 'w', kernel: 3, inChannels: 3, outChannels: 4 };
    const pass = passOf(weightNormParameters(plan), []);
    check(pass, [2, 4, 4, 3], (x) => weightNormConvolution(pass, plan, x));
  });

  test('batch normalisation', () => {
    const plan = { name: 'b', channels: 3 };
    const pass = passOf(batchNormParameters(plan), [plan]);
    check(pass, [2, 4, 4, 3], (x) => batchNorm(pass, plan, x, 'none'));
    check(pass, [2, 4, 4, 3], (x) => batchNorm(pass, plan, x, 'silu'));
  });

  test('squeeze-excitation', () => {
    const plan = { name: 's', channels: 5 };
    const pass = passOf(squeezeExcitationParameters(plan), []);
    check(pass, [2, 3, 3, 5], (x) => joinBranch(pass, plan, tf.square(x), x));
  });

  test('skip connection down', () => {
    const plan = planSkipDown('k', 3, 8);
    const pass = passOf(skipDownParameters(plan), []);
    check(pass, [2, 4, 4, 3], (x) => skipDown(pass, plan, x));
  });

  test('skip connection up', () => {
    const plan = planSkipUp('k', 4, 2);
    const pass = passOf(convolutionParameters(plan), []);
    check(pass, [2, 3, 3, 4], (x) => skipUp(pass, plan, x));
  });

  test.each([1, 2] as const)('encoder cell with stride %d', (stride) => {
    const cell = planEncoderCell('e', 4, 4 * stride, stride);
    const pass = passOf(cell.parameters, cell.batchNorms);
    check(pass, [2, 4, 4, 4], (x) => encoderCell(pass, cell, x));
  });

  test.each([false, true])('decoder cell, upsampling %p', (upsample) => {
    const cell = planDecoderCell('d', 4, upsample ? 2 : 4, 3, upsample);
    const pass = passOf(cell.parameters, cell.batchNorms);
    check(pass, [2, 4, 4, 4], (x) => decoderCell(pass, cell, x));
  });

  test('flow', () => {
    const cells = planFlow('f', 2, 1);
    const pass = passOf(
      cells.flatMap((cell) => cell.parameters),
      [],
    );
    check(pass, [2, 4, 4, 2], (z) => flow(pass, cells, z));
  });
});

describe('layers', () => {
  test('a convolution with stride 2 is centred on even pixels, padded alike on all sides', () => {
    tf.tidy(() => {
      const x = tf.reshape(tf.range(0, 16), [1, 4, 4, 1]) as tf.Tensor4D;
      const centre = tf.tensor4d([0, 0, 0, 0, 1, 0, 0, 0, 0], [3, 3, 1, 1]);
      expect([...convolve(x, centre, 2).dataSync()]).toEqual([0, 2, 8, 10]);
    });
  });

  test('a direction of length zero gives a finite weight-normalised convolution', () => {
    const plan = { name: 'w', kernel: 1, inChannels: 2, outChannels: 2 };
    const pass = passOf(weightNormParameters(plan), []);
    tf.tidy(() => {
      pass.store.parameter('w.weight_v').assign(tf.zeros([1, 1, 2, 2]));
      const y = weightNormConvolution(pass, plan, tf.ones([1, 1, 1, 2]));
      expect([...y.dataSync()]).toEqual([...pass.store.parameter('w.bias').dataSync()]);
    });
  });

  test('a cell of the flow sees pixels above and lower channels only, its mirror image pixels below', () => {
    const [forward, mirrored] = planFlow('f', 2, 1);
    if (!forward || !mirrored) throw new Error('expected two cells');
    const pass = passOf([...forward.parameters, ...mirrored.parameters], []);
    // Position of a value in [1, 3, 3, 2], pixels in reading order.
    const centre = 4 * 2;
    for (const [cell, reachesBelow] of [
      [forward, true],
      [mirrored, false],
    ] as const) {
      const at = changed(pass, [cell], centre + 1);
      expect(at).toContain(centre + 1);
      expect(at).not.toContain(centre);
      const rows = at.map((position) => Math.floor(position / 6) - 1).filter((row) => row !== 0);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.every((row) => row > 0 === reachesBelow)).toBe(true);
    }
  });

  test('an upsampling cell counts every pixel four times in its running variance', () => {
    const cell = planDecoderCell('d', 4, 2, 3, true);
    const pass = passOf(cell.parameters, cell.batchNorms);
    tf.tidy(() => {
      const x = normalTensor<tf.Tensor4D>('x', [1, 2, 2, 4]);
      decoderCell(pass, cell, x);
      const { variance } = tf.moments(x, [0, 1, 2]);
      statistics.commit(pass.store);
      const expected = tf.add(0.95, tf.mul(variance, (0.05 * 16) / 15));
      const got = pass.store.buffer('d.model.1.running_var');
      expect(tf.max(tf.abs(tf.sub(got, expected))).dataSync()[0]).toBeLessThan(1e-6);
    });
  });
});

/** Positions of z whose image under the cells changes when the value at `position` does. */
function changed(pass: Pass, cells: ReturnType<typeof planFlow>, position: number): number[] {
  return tf.tidy(() => {
    const z = normalTensor<tf.Tensor4D>('z', [1, 3, 3, 2]);
    const bump = tf.reshape(tf.oneHot(tf.scalar(position, 'int32'), 18), z.shape);
    const difference = tf.sub(flow(pass, cells, tf.add(z, bump)), flow(pass, cells, z)).dataSync();
    return [...difference.keys()].filter((i) => Math.abs(difference[i] ?? 0) > 1e-6);
  });
}
