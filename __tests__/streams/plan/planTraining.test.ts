import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config/loadConfig.js';
import type { NvaeConfig } from '../../../src/config/types.js';
import { measureInProcess } from '../../../src/streams/plan/measureInProcess.js';
import type { MeasurementRequest } from '../../../src/streams/plan/measurement.js';
import { planTraining } from '../../../src/streams/plan/planTraining.js';
import { smallConfig } from '../../support/smallConfig.js';

const machine = { total: 16e9, free: 8e9 };

/** A machine on which a step takes 0.1 s and some for each image, and 500 MB and some. */
function stand(secondsPerImage: number, bytesPerImage = 1e7) {
  const requests: MeasurementRequest[] = [];
  const measure = async (request: MeasurementRequest) => {
    requests.push(request);
    const { batchSize } = request;
    return {
      batchSize,
      secondsPerStep: 0.1 + secondsPerImage * batchSize,
      secondsPerEvaluation: 0.01 * batchSize,
      peakBytes: 5e8 + bytesPerImage * batchSize,
      engine: 'native',
      engineDescription: 'C++ kernels',
    };
  };
  return { measure, requests, sizes: () => requests.map(({ batchSize }) => batchSize) };
}

const planned = (config: NvaeConfig, machineOf: ReturnType<typeof stand>, images = 0) =>
  planTraining(config, {
    machine,
    measure: machineOf.measure,
    images: images > 0 ? { training: images, validation: 100 } : null,
  });

describe('planTraining', () => {
  test('should measure the batch itself if its steps are short', async () => {
    const fast = stand(0.01);
    const plan = await planned(smallConfig({}, { batchSize: 20, epochs: 3 }), fast, 50);
    expect(fast.sizes()).toEqual([2, 20]);
    expect(plan).toMatchObject({ configuration: 'small', engine: 'native', batchSize: 20, stepsPerEpoch: 3 });
    expect(plan).toMatchObject({ fits: true, suggestions: [], machine });
    expect(plan.seconds?.perStep).toBeCloseTo(0.3);
    // two whole batches, one of ten images, and a hundred held-out images
    expect(plan.seconds?.perEpoch).toBeCloseTo(0.3 + 0.3 + 0.2 + 1);
    expect(plan.seconds?.run).toBeCloseTo(3 * 1.8);
    expect(plan.memory.steps).toBeCloseTo(7e8);
    expect(plan.memory.images).toBe(150 * 8 * 8 * 3);
    expect(plan.memory.peak).toBeCloseTo(7e8 + plan.memory.besideSteps + plan.memory.images);
  });

  test('should extrapolate from smaller batches if its steps are long', async () => {
    const slow = stand(0.5);
    const plan = await planned(smallConfig({}, { batchSize: 64, epochs: -1 }), slow);
    expect(slow.sizes()).toEqual([2, 4]);
    expect(plan.seconds).toEqual({ perStep: expect.closeTo(32.1), perEpoch: null, run: null });
    expect(plan.memory.steps).toBeGreaterThan(5.4e8);
    expect(plan.memory.steps - 5.4e8).toBeLessThanOrEqual(60 * plan.memory.perImage);
  });

  test('should measure one batch if it is small', async () => {
    const one = stand(0.1);
    const plan = await planned(smallConfig({}, { batchSize: 1 }), one, 7);
    expect(one.sizes()).toEqual([1]);
    expect(plan.seconds?.perStep).toBeCloseTo(0.2);
    expect(plan.stepsPerEpoch).toBe(7);
  });

  test('should not believe a small batch that was disturbed', async () => {
    const disturbed = stand(0.5);
    const measure: typeof disturbed.measure = async (request) => {
      const measurement = await disturbed.measure(request);
      return request.batchSize === 2 ? { ...measurement, secondsPerStep: 99 } : measurement;
    };
    const config = smallConfig({}, { batchSize: 64 });
    const plan = await planTraining(config, { machine, measure, images: null });
    expect(plan.seconds?.perStep).toBeCloseTo(2.1 + (60 * 2.1) / 8);
  });

  test('should count the parts of a batch', async () => {
    const fast = stand(0.01);
    const plan = await planned(smallConfig({}, { batchSize: 32, accumulationSteps: 4 }), fast);
    expect(fast.sizes()).toEqual([2, 8]);
    expect(fast.requests[0]?.config.training.accumulationSteps).toBe(1);
    expect(plan.seconds?.perStep).toBeCloseTo(4 * 0.18);
    expect(plan.memory.steps).toBeCloseTo(5e8 + 8e7);
  });

  test('should suggest settings that fit, and measure only what fits', async () => {
    const config = await loadConfig('logistic_mixture10latent');
    const native = stand(0.01, 9e7);
    const plan = await planTraining(config, { machine: { total: 2e9, free: 2e9 }, measure: native.measure });
    expect(plan.fits).toBe(false);
    expect(Math.max(...native.sizes())).toBeLessThan(16);
    const [asConfigured, best] = plan.suggestions;
    expect(asConfigured).toMatchObject({ halfPrecision: false, useTensorCheckpoints: false });
    expect(best?.batchSize).toBeGreaterThan(asConfigured?.batchSize ?? 99);
    for (const { peakBytes } of plan.suggestions) expect(peakBytes).toBeLessThanOrEqual(2e9);
  });

  test('should measure nothing if not even one image fits', async () => {
    const config = await loadConfig('penguin');
    const native = stand(0.1);
    const plan = await planTraining(config, { machine: { total: 5e8, free: 5e8 }, measure: native.measure });
    expect(native.sizes()).toEqual([]);
    expect(plan).toMatchObject({ fits: false, seconds: null, suggestions: [], measured: [] });
    expect(plan.memory.peak).toBeGreaterThan(2e9);
  });

  test('should say that nothing was measured if the system ended the process', async () => {
    const plan = await planTraining(smallConfig(), { machine, measure: async () => null });
    expect(plan).toMatchObject({ seconds: null, measured: [] });
  });
});

describe('measureInProcess', () => {
  test('should measure steps of a small model', async () => {
    const measurement = await measureInProcess({ config: smallConfig(), engine: 'cpu', batchSize: 2 });
    expect(measurement).toMatchObject({ batchSize: 2, engine: 'cpu' });
    expect(measurement?.secondsPerStep).toBeGreaterThan(0);
    expect(measurement?.peakBytes).toBeGreaterThan(5e7);
  });

  test('should fail with the error of the engine', async () => {
    const config = smallConfig({}, { halfPrecision: true });
    await expect(measureInProcess({ config, engine: 'cpu', batchSize: 2 })).rejects.toThrow('half_precision');
  });

  test('should stop when its signal aborts', async () => {
    const signal = AbortSignal.abort(new Error('unwanted'));
    await expect(
      measureInProcess({ config: smallConfig(), engine: 'cpu', batchSize: 2 }, signal),
    ).rejects.toThrow('unwanted');
  });
});
