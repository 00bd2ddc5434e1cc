/** Weights of the flow's convolutions, compared with loops in double precision. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '../../src/engine/tf.js';
import { flow, planFlow } from '../../src/model/layers/flow.js';
import { flowMaskValues } from '../../src/model/layers/flowMask.js';
import { type MaskedPlan, maskedParameters, maskedWeight } from '../../src/model/layers/maskedWeight.js';
import { Nvae } from '../../src/model/nvae.js';
import type { ParameterSpec } from '../../src/model/parameterSpec.js';
import { ParameterStore } from '../../src/model/parameterStore.js';
import type { Pass } from '../../src/model/pass.js';
import { keyedNoise } from '../../src/model/random.js';
import { useTestEngine } from '../support/engine.js';
import { expectGradients, normalTensor } from '../support/gradients.js';
import { smallModel } from '../support/smallConfig.js';
import { valuesOf } from '../support/valuesOf.js';

useTestEngine();

const inStore = async (specs: readonly ParameterSpec[], use: (pass: Pass) => Promise<void>) => {
  const store = new ParameterStore(specs, [], 7);
  try {
    await use({ store, mode: 'eval', statistics: null, weights: null, recompute: false });
  } finally {
    store.dispose();
  }
};

/** The three convolutions of each of the two cells of a flow. */
function convolutions(channels: number, weightNorm: boolean): MaskedPlan[] {
  const cells = planFlow('f', { channels, pairs: 1, weightNorm });
  return cells.flatMap(({ expand, spatial, reduce }): MaskedPlan[] => [expand, spatial, reduce]);
}

/** The pixels, inputs and outputs of a weight, and where it lies: [k, k, in, out], or [k, k, channels, 1]. */
function* places(plan: MaskedPlan) {
  const pixels = plan.kernel ** 2;
  const [inputs, outputs] = 'channels' in plan ? [1, plan.channels] : [plan.inChannels, plan.outChannels];
  for (let pixel = 0; pixel < pixels; pixel += 1)
    for (let input = 0; input < inputs; input += 1)
      for (let output = 0; output < outputs; output += 1)
        yield { pixel, input, output, at: (pixel * inputs + input) * outputs + output };
}

/** Which weights count, written anew: pixels above and those to the right (mirrored: below, to the left), and lower channels of the pixel itself. */
function isSeen(
  plan: MaskedPlan,
  { pixel, input, output }: { pixel: number; input: number; output: number },
) {
  const { kernel, mask } = plan;
  const centre = (kernel - 1) / 2;
  const sign = mask.mirrored ? -1 : 1;
  const up = sign * (centre - Math.floor(pixel / kernel));
  const right = sign * ((pixel % kernel) - centre);
  if (up !== 0) return up > 0;
  if (right !== 0) return right > 0;
  if ('channels' in plan) return true;
  return plan.kernel === 3 ? 6 * (input + 1) <= output : input < 6 * (output + 1);
}

/** g v / |v| over the weights that count, with a length per output. */
function expected(plan: MaskedPlan, v: readonly number[], g: readonly number[]): number[] {
  const squares = new Map<number, number>();
  for (const place of places(plan)) {
    if (!isSeen(plan, place)) continue;
    squares.set(place.output, (squares.get(place.output) ?? 0) + v[place.at]! ** 2);
  }
  const weight = new Array<number>(v.length).fill(0);
  for (const place of places(plan)) {
    if (!isSeen(plan, place)) continue;
    weight[place.at] = (g[place.output]! * v[place.at]!) / Math.sqrt(squares.get(place.output)!);
  }
  return weight;
}

const largestDifference = (a: readonly number[], b: readonly number[]) =>
  a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);

describe('a weight-normalised masked weight', () => {
  test('should be g v / |v| over what the mask leaves, for every output', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(1000), async (channels, key) => {
        for (const plan of convolutions(channels, true)) {
          await inStore(maskedParameters(plan), async (pass) => {
            const parameter = (name: string) => pass.store.parameter(`${plan.name}.${name}`);
            const [v = [], g = [], got = []] = await valuesOf(() => {
              for (const name of ['weight_v', 'weight_g']) {
                parameter(name).assign(normalTensor(`${name}${key}`, parameter(name).shape));
              }
              return [parameter('weight_v').clone(), parameter('weight_g').clone(), maskedWeight(pass, plan)];
            });
            expect(largestDifference(got, expected(plan, v, g))).toBeLessThan(1e-6);
          });
        }
      }),
      { numRuns: 6 },
    );
  });

  test('should start as the weight without the normalisation would', async () => {
    for (const plan of convolutions(3, true)) {
      const plain = { ...plan, name: 'plain', weightNorm: false };
      await inStore([...maskedParameters(plan), ...maskedParameters(plain)], async (pass) => {
        const [normalised = [], without = []] = await valuesOf(() => {
          pass.store.parameter('plain.weight').assign(pass.store.parameter(`${plan.name}.weight_v`));
          return [maskedWeight(pass, plan), maskedWeight(pass, plain)];
        });
        expect(Math.max(...without)).toBeGreaterThan(0.01);
        expect(largestDifference(normalised, without)).toBeLessThan(1e-7);
      });
    }
  });

  test('should have the gradients of finite differences, and none under the mask', async () => {
    for (const plan of convolutions(2, true)) {
      await inStore(maskedParameters(plan), async (pass) => {
        const parameters = [...pass.store.parameters].filter(([name]) => /weight_[gv]$/.test(name));
        await expectGradients(() => maskedWeight(pass, plan), new Map(parameters), { step: 1e-3 });
        const v = pass.store.parameter(`${plan.name}.weight_v`);
        const [gradient = []] = await valuesOf(() => {
          const loss = () =>
            tf.sum(tf.mul(maskedWeight(pass, plan), normalTensor('w', v.shape))) as tf.Scalar;
          return tf.variableGrads(loss, [v]).grads[v.name]!;
        });
        const seen = { used: 0, masked: 0 };
        for (const place of places(plan)) {
          const isUsed = isSeen(plan, place);
          seen[isUsed ? 'used' : 'masked'] += 1;
          if (!isUsed) expect(Math.abs(gradient[place.at]!)).toBe(0);
        }
        expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
      });
    }
  });

  test('should be 0 with gradients of 0 for an output that sees nothing', async () => {
    // A 1x1 convolution whose first output sees only channels below its own.
    const mask = { kernel: 1, inChannels: 2, outChannels: 12, mirrored: false };
    expect([...flowMaskValues(mask)].filter((_, i) => i % 12 < 6)).toEqual(Array(12).fill(0));
    const plan = { name: 'c', ...mask, stride: 1 as const, bias: true, mask, weightNorm: true };
    await inStore(maskedParameters(plan), async (pass) => {
      const variables = ['weight_v', 'weight_g'].map((name) => pass.store.parameter(`c.${name}`));
      const read = await valuesOf(() => {
        const loss = () =>
          tf.sum(tf.mul(maskedWeight(pass, plan), normalTensor('w', [1, 1, 2, 12]))) as tf.Scalar;
        const { grads } = tf.variableGrads(loss, variables);
        return [maskedWeight(pass, plan), ...variables.map(({ name }) => grads[name]!)];
      });
      for (const values of read) {
        expect(values.filter((_, i) => i % 12 < 6).every((value) => value === 0)).toBe(true);
        expect(values.every(Number.isFinite)).toBe(true);
        expect(values.some((value) => value !== 0)).toBe(true);
      }
    });
  });
});

describe('a weight-normalised flow', () => {
  test('should have a triangular Jacobian with ones on its diagonal', async () => {
    const cells = planFlow('f', { channels: 2, pairs: 1, weightNorm: true });
    const size = 2 * 3 * 3;
    for (const [number, cell] of cells.entries()) {
      await inStore(cell.parameters, async (pass) => {
        const values = await valuesOf(() => {
          const z = normalTensor<tf.Tensor4D>('z', [1, 3, 3, 2]);
          const at = (output: number) => (x: tf.Tensor) =>
            tf.slice1d(tf.reshape(flow(pass, [cell], x as tf.Tensor4D), [-1]), output, 1);
          return Array.from({ length: size }, (_, output) => tf.grad(at(output))(z));
        });
        // A cell's order: from the bottom left to the top right, or the other way round; lower channels first.
        const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => rank(a) - rank(b));
        function rank(i: number): number {
          const [row, column, channel] = [Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2];
          const place = 3 * row + (2 - column);
          return 2 * (number === 0 ? place : 8 - place) + channel;
        }
        let below = 0;
        order.forEach((output, i) => {
          order.forEach((input, j) => {
            const derivative = values[output]![input]!;
            if (i === j) expect(derivative).toBeCloseTo(1, 6);
            else if (j > i) expect(Math.abs(derivative)).toBe(0);
            else if (derivative !== 0) below += 1;
          });
        });
        expect(below).toBeGreaterThan(20);
      });
    }
  });
});

describe('flow_weight_norm', () => {
  test('should give the flows a direction and a gain in place of their weight, and change no other parameter', () => {
    const names = (flowWeightNorm: boolean) => {
      const model = Nvae.create(smallModel({ flowWeightNorm }), 1);
      const all = [...model.store.parameters.keys()];
      model.dispose();
      return all;
    };
    const [without, normalised] = [names(false), names(true)];
    const isFlow = (name: string) => name.startsWith('mixer.normal_flow_block.');
    expect(normalised.filter((name) => !isFlow(name))).toEqual(without.filter((name) => !isFlow(name)));
    const replaced = without.filter(isFlow).flatMap((name) => {
      return name.endsWith('.weight') ? [`${name}_g`, `${name}_v`] : [name];
    });
    expect(normalised.filter(isFlow).sort()).toEqual(replaced.sort());
  });

  test('should leave no tensor, and keep its shapes in a file', async () => {
    const before = tf.memory().numTensors;
    const model = Nvae.create(smallModel({ flowWeightNorm: true }), 1);
    const tensors = await model.store.tensors();
    const gain = tensors.get('mixer.normal_flow_block.0.model.0.model.2.weight_g');
    expect(gain?.shape).toEqual([12, 1, 1, 1]);
    const again = Nvae.fromTensors(model.config, tensors);
    const images = [model, again].map((each) => each.sample(2, 0.7, keyedNoise(1, 'test', 0)));
    const [first, second] = await Promise.all(images.map((image) => image.data()));
    expect(first).toEqual(second);
    tf.dispose(images);
    model.dispose();
    again.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
