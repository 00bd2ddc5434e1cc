import { afterEach, describe, expect, test } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { joinBranch } from '../../src/model/cells/cell.js';
import { decoderCell, planDecoderCell } from '../../src/model/cells/decoderCell.js';
import { encoderCell, planEncoderCell } from '../../src/model/cells/encoderCell.js';
import { batchNorm } from '../../src/model/layers/batchNorm.js';
import type { BatchNormPlan } from '../../src/model/layers/batchNormPlan.js';
import { batchNormParameters } from '../../src/model/layers/batchNormPlan.js';
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
import { valuesOf } from '../support/valuesOf.js';

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
async function check(pass: Pass, shape: number[], f: (x: tf.Tensor4D) => tf.Tensor): Promise<void> {
  const x = tf.tidy(() => tf.variable(normalTensor<tf.Tensor4D>('x', shape)));
  await expectGradients(() => f(x as tf.Tensor4D), new Map([...pass.store.parameters, ['x', x]]));
  x.dispose();
}

describe('gradients', () => {
  test.each([1, 2] as const)('convolution with stride %d', async (stride) => {
    const plan = { name: 'c', kernel: 3, stride, inChannels: 3, outChannels: 4, bias: true };
    const pass = passOf(convolutionParameters(plan), []);
    await check(pass, [2, 6, 6, 3], (x) => convolution(pass, plan, x));
  });

  test('depthwise convolution', async () => {
    const plan = { name: 'd', kernel: 5, channels: 3, bias: true };
    const pass = passOf(depthwiseParameters(plan), []);
    await check(pass, [2, 6, 6, 3], (x) => depthwise(pass, plan, x));
  });

  test('weight-normalised convolution', async () => {
    const plan = { name: 'w', kernel: 3, inChannels: 3, outChannels: 4 };
    const pass = passOf(weightNormParameters(plan), []);
    await check(pass, [2, 4, 4, 3], (x) => weightNormConvolution(pass, plan, x));
  });

  test('batch normalisation', async () => {
    const plan = { name: 'b', channels: 3 };
    const pass = passOf(batchNormParameters(plan), [plan]);
    await check(pass, [2, 4, 4, 3], (x) => batchNorm(pass, plan, x, 'none'));
    await check(pass, [2, 4, 4, 3], (x) => batchNorm(pass, plan, x, 'silu'));
  });

  test('squeeze-excitation', async () => {
    const plan = { name: 's', channels: 5 };
    const pass = passOf(squeezeExcitationParameters(plan), []);
    await check(pass, [2, 3, 3, 5], (x) => joinBranch(pass, plan, tf.square(x), x));
  });

  test('skip connection down', async () => {
    const plan = planSkipDown('k', 3, 8);
    const pass = passOf(skipDownParameters(plan), []);
    await check(pass, [2, 4, 4, 3], (x) => skipDown(pass, plan, x));
  });

  test('skip connection up', async () => {
    const plan = planSkipUp('k', 4, 2);
    const pass = passOf(convolutionParameters(plan), []);
    await check(pass, [2, 3, 3, 4], (x) => skipUp(pass, plan, x));
  });

  test.each([1, 2] as const)('encoder cell with stride %d', async (stride) => {
    const cell = planEncoderCell('e', 4, 4 * stride, stride);
    const pass = passOf(cell.parameters, cell.batchNorms);
    await check(pass, [2, 4, 4, 4], (x) => encoderCell(pass, cell, x));
  });

  test.each([false, true])('decoder cell, upsampling %p', async (upsample) => {
    const cell = planDecoderCell('d', 4, upsample ? 2 : 4, 3, upsample);
    const pass = passOf(cell.parameters, cell.batchNorms);
    await check(pass, [2, 4, 4, 4], (x) => decoderCell(pass, cell, x));
  });

  test.each([false, true])('flow, weight-normalised %p', async (weightNorm) => {
    const cells = planFlow('f', { channels: 2, pairs: 1, weightNorm });
    const pass = passOf(
      cells.flatMap((cell) => cell.parameters),
      [],
    );
    await check(pass, [2, 4, 4, 2], (z) => flow(pass, cells, z));
  });
});

describe('layers', () => {
  test('a convolution with stride 2 is centred on even pixels, padded alike on all sides', async () => {
    const [values] = await valuesOf(() => {
      const x = tf.reshape(tf.range(0, 16), [1, 4, 4, 1]) as tf.Tensor4D;
      const centre = tf.tensor4d([0, 0, 0, 0, 1, 0, 0, 0, 0], [3, 3, 1, 1]);
      return convolve(x, centre, 2);
    });
    expect(values).toEqual([0, 2, 8, 10]);
  });

  test('a direction of length zero gives a finite weight-normalised convolution', async () => {
    const plan = { name: 'w', kernel: 1, inChannels: 2, outChannels: 2 };
    const pass = passOf(weightNormParameters(plan), []);
    const [y, bias] = await valuesOf(() => {
      pass.store.parameter('w.weight_v').assign(tf.zeros([1, 1, 2, 2]));
      const result = weightNormConvolution(pass, plan, tf.ones([1, 1, 1, 2]));
      return [result, tf.clone(pass.store.parameter('w.bias'))];
    });
    expect(y).toEqual(bias);
  });

  test.each([false, true])(
    'a cell of the flow sees pixels above and lower channels only, its mirror image pixels below; weight-normalised %p',
    async (weightNorm) => {
      const [forward, mirrored] = planFlow('f', { channels: 2, pairs: 1, weightNorm });
      if (!forward || !mirrored) throw new Error('expected two cells');
      const pass = passOf([...forward.parameters, ...mirrored.parameters], []);
      // Position of a value in [1, 3, 3, 2], pixels in reading order.
      const centre = 4 * 2;
      for (const [cell, reachesBelow] of [
        [forward, true],
        [mirrored, false],
      ] as const) {
        const at = await changed(pass, [cell], centre + 1);
        expect(at).toContain(centre + 1);
        expect(at).not.toContain(centre);
        const rows = at.map((position) => Math.floor(position / 6) - 1).filter((row) => row !== 0);
        expect(rows.length).toBeGreaterThan(0);
        expect(rows.every((row) => row > 0 === reachesBelow)).toBe(true);
      }
    },
  );

  test('an upsampling cell counts every pixel four times in its running variance', async () => {
    const cell = planDecoderCell('d', 4, 2, 3, true);
    const pass = passOf(cell.parameters, cell.batchNorms);
    const [difference] = await valuesOf(() => {
      const x = normalTensor<tf.Tensor4D>('x', [1, 2, 2, 4]);
      decoderCell(pass, cell, x);
      const { variance } = tf.moments(x, [0, 1, 2]);
      statistics.commit(pass.store);
      const expected = tf.add(0.95, tf.mul(variance, (0.05 * 16) / 15));
      const got = pass.store.buffer('d.model.1.running_var');
      return tf.max(tf.abs(tf.sub(got, expected)));
    });
    expect(difference![0]).toBeLessThan(1e-6);
  });
});

/** Positions of z whose image under the cells changes when the value at `position` does. */
async function changed(pass: Pass, cells: ReturnType<typeof planFlow>, position: number): Promise<number[]> {
  const [difference = []] = await valuesOf(() => {
    const z = normalTensor<tf.Tensor4D>('z', [1, 3, 3, 2]);
    const bump = tf.reshape(tf.oneHot(tf.scalar(position, 'int32'), 18), z.shape);
    return tf.sub(flow(pass, cells, tf.add(z, bump)), flow(pass, cells, z));
  });
  return [...difference.keys()].filter((i) => Math.abs(difference[i] ?? 0) > 1e-6);
}
