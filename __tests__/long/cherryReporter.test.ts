/** `nvae cherry` in a real terminal: the screen, and the lines where there is none. */
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { grid } from '../../src/base/grid.js';
import { imageAt, joinImages } from '../../src/base/imageBatches.js';
import { loadModel } from '../../src/modelFiles/loadModel.js';
import { samples } from '../../src/streams/sampling/samples.js';
import { collect } from '../support/collect.js';
import { useTestEngine } from '../support/engine.js';
import { useModelFile } from '../support/modelFile.js';
import { nvae, openShell } from '../support/shell.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';
import { hasTmux, type Tmux } from '../support/tmux.js';

const inFolder = useTemporaryFolder();
useTestEngine();
const model = useModelFile(() => inFolder('small.model'));

let terminal: Tmux | null = null;
afterEach(() => {
  terminal?.end();
  terminal = null;
});

/** A shell in which the command runs. */
async function cherry(args: string, { before = '', columns = 100, rows = 30 } = {}): Promise<Tmux> {
  terminal = await openShell(inFolder(), columns, rows);
  terminal.record(inFolder('written'));
  terminal.type(`${before} ${nvae} cherry small.model 0.7 0 --engine native ${args}; echo ended with $?`);
  return terminal;
}

/** Images by batch and number, as a grid's pixels. */
async function pixelsOf(...places: (readonly [batch: number, number: number])[]): Promise<Uint8Array> {
  const nvae = await loadModel(model().path);
  const batches = await collect(samples(nvae, { temperature: 0.7, count: 27, seed: 0 }));
  nvae.dispose();
  return grid(joinImages(places.map(([batch, number]) => imageAt(batches[batch - 1]!, number - 1)))).pixels;
}
const saved = async (name: string) => new Uint8Array(await sharp(inFolder(name)).raw().toBuffer());
const pictures = async () => (await readdir(inFolder())).filter((name) => name.endsWith('.png'));
const asBefore = { alternate: false, cursor: true };

(hasTmux ? describe : describe.skip)('nvae cherry on a terminal', () => {
  test('should pick over batches, undo, show the order as it will be, and save it', async () => {
    const shell = await cherry('--keep 3 --out best.png');
    const first = await shell.shows('batch 1: 0 of 3 picked');
    expect(shell.state).toEqual({ alternate: true, cursor: false });
    for (let i = 1; i <= 9; i += 1) expect(first).toMatch(new RegExp(`^ *(\\d +)*${i}( |$)`, 'm'));
    expect(first).toContain('▀▀▀▀▀▀▀▀');
    shell.press('2', '5');
    await shell.shows('2 of 3 picked');
    shell.press('2');
    await shell.shows('1 of 3 picked');
    shell.press('0');
    await shell.shows('batch 2: 1 of 3 picked');
    shell.press('u');
    await shell.shows(/batch 2: 2 of 3 picked(.|\n)*1: 2 of 1 .*2: 5 of 1/);
    shell.press('?');
    const help = await shell.shows('keys (press any key to close)');
    for (const key of ['1-9', '0', 'u', 'q', '?']) expect(help).toContain(`  ${key.padEnd(3)}  `);
    shell.press('x', '9');
    await shell.shows('order: 0 of 3 placed');
    shell.press('3', '1', '2');
    await shell.shows(/1: 2 of 1 ✓(.|\n)*enter saves them in this order/);
    shell.press('u', '1');
    await shell.shows('1 of 3 placed');
    shell.press('2', '1');
    await shell.shows(/3 of 3 placed(.|\n)* 3 +2 +1 *\n/);
    shell.press('Enter');
    await shell.shows('ended with 0');
    expect(shell.state).toEqual(asBefore);
    expect(shell.screen()).toMatch(/^best\.png$/m);
    expect(await pictures()).toEqual(['best.png']);
    expect(await saved('best.png')).toEqual(await pixelsOf([2, 9], [1, 5], [1, 2]));
  });

  test('should fit when the terminal is resized, and keep every key in sight', async () => {
    const shell = await cherry('--keep 9');
    await shell.shows('batch 1');
    shell.press('1');
    for (const [columns, rows] of [
      [60, 20],
      [200, 60],
      [80, 24],
    ] as const) {
      shell.resize(columns, rows);
      // On the two rows before the last; a narrow terminal needs both.
      const keys = ' 1-9 pick/unpick {2}0 next batch {2}u undo {2}z larger {2}q quit( {2}|\\n )\\? help';
      const first = '^ batch 1: 1 of 9 picked *\\n 1 ✓ .*\\n';
      await shell.shows(new RegExp(`${first}(.*\\n){${rows - 5}}${keys}\\n*$`));
    }
  });

  test.each([
    ['q, when it has asked', ['1', 'q'], 'quit without saving 1 pick?', ['y']],
    ['q at once where nothing is picked', [], 'batch 1', ['q']],
    ['Ctrl-C', ['1'], '1 of 9 picked', ['C-c']],
  ])('should leave by %s with exit code 130 and save nothing', async (_, before, shown, keys) => {
    const shell = await cherry('--out best.png');
    await shell.shows('batch 1');
    if (before.length > 0) shell.press(...before);
    await shell.shows(shown);
    shell.press(...keys);
    await shell.shows('ended with 130');
    expect(shell.state).toEqual(asBefore);
    expect(await pictures()).toEqual([]);
  });

  test('should leave the terminal as it was at SIGTERM', async () => {
    const shell = await cherry('--out best.png', { before: `sh -c 'echo $$ > pid; exec "$@"' x` });
    await shell.shows('batch 1');
    process.kill(Number(await readFile(inFolder('pid'), 'utf8')), 'SIGTERM');
    await shell.shows('ended with 130');
    expect(shell.state).toEqual(asBefore);
  });
});

(hasTmux ? describe : describe.skip)('nvae cherry on a terminal without its screen', () => {
  test.each([
    ['without colours', { before: 'NO_COLOR=1' }],
    ['on a dumb terminal', { before: 'TERM=dumb' }],
    ['with a screen reader', { before: 'INK_SCREEN_READER=true' }],
  ])('should say where each batch is, ask by text and draw nothing, %s', async (_, options) => {
    const shell = await cherry('--keep 2 --out best.png', options);
    await shell.shows(
      'pictures are written as PNG files, whose paths are printed; type each choice and press enter',
    );
    await shell.shows(
      /best_batch_001\.png\nbatch 1: 1 to 9 picks or unpicks an image, 0 shows the next batch/,
    );
    expect(await saved('best_batch_001.png')).toEqual(
      await pixelsOf(...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => [1, number] as const)),
    );
    shell.type('4');
    await shell.shows('1 of 2 picked: 4 of batch 1');
    shell.type('0');
    await shell.shows(/best_batch_002\.png\nbatch 2: /);
    shell.type('7');
    await shell.shows(/best_picks\.png\ntype the order of the picks, such as 1 2; u undoes/);
    shell.type('2 1');
    await shell.shows(/^best\.png\nended with 0/m);
    expect(await saved('best.png')).toEqual(await pixelsOf([2, 7], [1, 4]));
    expect(await readFile(inFolder('written'), 'utf8')).not.toContain('\u001b[');
  });

  test('should say in a line that more than nine are typed, with pictures where there are colours', async () => {
    const shell = await cherry('--keep 12');
    await shell.shows('--keep is above 9, too many for single keys; type each choice and press enter');
    expect(await shell.shows('batch 1: 1 to 9 picks or unpicks')).toContain('▀▀▀▀');
    expect(shell.state).toEqual(asBefore);
    shell.press('C-c');
    await shell.shows('ended with 130');
  });
});
