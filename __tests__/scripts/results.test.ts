import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { compare, meanAndSpread } from '../../scripts/results/compare.js';
import { curveOf, digitsText } from '../../scripts/results/digitsPart.js';
import { emojiText } from '../../scripts/results/emojiPart.js';
import { pick, variants } from '../../scripts/results/emojiVariants.js';
import { type EmojiResult, openStore } from '../../scripts/results/store.js';
import { trainingSeconds } from '../../scripts/results/trainingSeconds.js';
import { replaced, writeTables } from '../../scripts/results/writeTables.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const page = fileURLToPath(new URL('../../docs/results.md', import.meta.url));
const runs = (...bits: number[]) => bits.map((mean, seed) => ({ seed, raw: { mean } }));

describe('results', () => {
  test('should judge differences of runs with the same seed', () => {
    expect(meanAndSpread([4, 5, 6])).toBe('5.000 ± 1.000 (3 seeds)');
    expect(meanAndSpread([4])).toBe('4.000 (1 seed)');
    // The seeds differ by far more than the option does.
    expect(compare(runs(3.9, 4.8, 5.91), runs(4, 4.9, 6))).toBe('helps: −0.097 ± 0.003');
    expect(compare(runs(4.1, 5, 6.11), runs(4, 4.9, 6))).toBe('hurts: +0.103 ± 0.003');
    expect(compare(runs(3.9, 5.1, 6), runs(4, 4.9, 6))).toBe(
      'does not help: +0.033 ± 0.088, no clear difference',
    );
    expect(compare(runs(3.9), runs(4, 5))).toBe('−0.100, one seed: not judged');
    expect(compare([], runs(4))).toBe('not compared yet');
  });

  test('should compare each option with a variant that exists, with overrides that are valid', async () => {
    for (const { against, overrides } of variants) {
      expect(variants.map(({ name }) => name)).toContain(against);
      await loadConfig('demo', { overrides: [...overrides, 'training_parameters.ema_decay=0.995'] });
    }
    expect(pick(['flow_weight_norm']).map(({ name }) => name)).toEqual([
      'default',
      'flows',
      'flow_weight_norm',
    ]);
    expect(pick(['ema_decay']).map(({ name }) => name)).toEqual(['default']);
    expect(() => pick(['nonsense'])).toThrow('--only: there is no option "nonsense"; there are default, ');
  });

  test('should keep what was measured, and write a table of the longest runs', () => {
    const store = openStore(inFolder('new', 'results.json'));
    expect(emojiText(store)).toBeNull();
    const result = (variant: string, seed: number, mean: number, epochs = 12): EmojiResult => ({
      variant,
      seed,
      epochs,
      raw: { mean, standardError: 0.1 },
      ema: { mean: mean - 1, standardError: 0.1 },
      seconds: 90,
      machine: 'a machine',
      date: '2026-01-01',
    });
    store.update({
      emoji: [
        result('default', 0, 9, 2),
        ...[0, 1, 2].map((seed) => result('default', seed, 4 + seed)),
        ...[0, 1, 2].map((seed) => result('joint_colours', seed, 3.5 + 0.99 * seed)),
      ],
    });
    const text = emojiText(openStore(inFolder('new', 'results.json')));
    expect(text).toContain('| `default` | 5.000 ± 1.000 (3 seeds) | 4.000 ± 1.000 (3 seeds) | 1.5 |');
    expect(text).toContain('| `joint_colours` | 4.490 ± 0.990 (3 seeds) |');
    expect(text).toContain('| helps: −0.510 ± 0.006 |');
    expect(text).toContain('EMA against the weights of the last step, for `default`: helps: −1.000 ± 0.000.');
    expect(text).toContain('12 epochs each; a machine; 2026-01-01 to 2026-01-01.');
  });

  test('should add up the sessions of a run, and read its curve', async () => {
    const lines = [
      { type: 'started', time: 1000 },
      { type: 'validation', time: 11_000, epoch: 0, negativeElbo: 100 },
      'cut of',
      { type: 'started', time: 50_000 },
      { type: 'validation', time: 55_000, epoch: 1, negativeElbo: 90 },
      { type: 'finished', time: 56_000 },
    ].map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    await writeFile(inFolder('events.jsonl'), lines.join('\n'));
    expect(trainingSeconds(inFolder('events.jsonl'))).toBe(16);
    const curve = curveOf(lines.join('\n'));
    expect(curve).toEqual([
      { epoch: 0, seconds: 10, negativeElbo: 100 },
      { epoch: 1, seconds: 15, negativeElbo: 90 },
    ]);
    const store = openStore(inFolder('digits.json'));
    const [negativeElbo, bound] = [89, 86].map((mean) => ({ mean, standardError: 0.25 })) as [
      { mean: number; standardError: number },
      { mean: number; standardError: number },
    ];
    const about = { images: 10_000, samples: 100, seconds: 3600, machine: 'a machine', date: '2026-01-01' };
    store.update({ digits: { curve, negativeElbo, bound, ...about } });
    expect(digitsText(store)).toContain('| negative ELBO | 89.00 ± 0.25 |');
    expect(digitsText(store)).toContain('| bound from 100 draws | 86.00 ± 0.25 |');
    expect(digitsText(store)).toContain('| 2 | 0.3 | 90.00 |');
  });

  test('should find the marks in the page', async () => {
    const content = await readFile(page, 'utf8');
    for (const name of ['digits', 'emoji', 'samples']) {
      const once = replaced(content, name, 'TABLE', page);
      expect(once).toContain(`results -->\n\nTABLE\n\n<!-- end of ${name} -->`);
      expect(replaced(once, name, 'TABLE', page)).toBe(once);
    }
    expect(() => replaced('', 'emoji', '', 'x.md')).toThrow('x.md: expected the marks');
  });

  test('should leave a table as it is when there is nothing new for it', async () => {
    const copy = inFolder('page.md');
    const content = await readFile(page, 'utf8');
    await writeFile(copy, content);
    expect(writeTables(copy, { digits: null, emoji: 'TABLE', samples: null })).toBe('TABLE');
    expect(await readFile(copy, 'utf8')).toBe(replaced(content, 'emoji', 'TABLE', copy));
  });
});
