import { describe, expect, it } from '@jest/globals';
import { planModel } from '../../../src/model/plan.js';
import { torchLayout } from '../../../src/modelFiles/torch/torchLayout.js';
import { Trainer } from '../../../src/training/trainer.js';
import { useTestEngine } from '../../support/engine.js';
import { smallConfig, smallModel } from '../../support/smallConfig.js';

useTestEngine();

describe('torchLayout', () => {
  it('should have the names and shapes of all tensors of a model', async () => {
    await using trainer = await Trainer.create(smallConfig());
    const { tensors } = await trainer.snapshot();
    const expected = [...tensors]
      .filter(([name]) => !name.startsWith('adamax.'))
      .map(([name, { shape }]) => [name, shape]);

    const entries = torchLayout(smallModel()).map(({ name, shape }) => [name, shape]);

    expect(new Map(entries as [string, number[]][])).toEqual(new Map(expected as [string, number[]][]));
    expect(entries).toHaveLength(expected.length);
  });

  it('should have the parameters in the order of the plan', () => {
    const names = torchLayout(smallModel())
      .filter(({ kind }) => kind === 'parameter')
      .map(({ name }) => name);

    expect(names).toEqual(planModel(smallModel()).parameters.map(({ name }) => name));
  });

  it('should have the averages and the counter of a batch normalisation right after its offset', () => {
    const entries = torchLayout(smallModel());
    const names = entries.map(({ name }) => name);
    const counters = entries.filter(({ kind }) => kind === 'counter');

    expect(counters.length).toBeGreaterThan(0);
    for (const { name } of counters) {
      const norm = name.slice(0, -'.num_batches_tracked'.length);
      const first = names.indexOf(`${norm}.weight`);
      const parts = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
      expect(names.slice(first, first + 5)).toEqual(parts.map((part) => `${norm}.${part}`));
    }
  });
});
