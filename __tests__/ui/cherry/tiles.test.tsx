import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { useInput } from 'ink';
import { useState } from 'react';
import { Tiles } from '../../../src/ui/cherry/Tiles.js';
import { fullScreen } from '../../../src/ui/fullScreen.js';
import { terminalHints } from '../../../src/ui/pictures/terminalHints.js';
import { createTestTerminal } from '../../support/terminal.js';

/** Two images, made anew for every frame; a key marks the first, n changes the second. */
function TwoTiles({ done }: { readonly done: (value: null) => void }) {
  const [state, setState] = useState({ marked: false, grey: 50 });
  useInput((input) => {
    if (input === 'q') done(null);
    setState(({ marked, grey }) => ({ marked: !marked, grey: input === 'n' ? 56 : grey }));
  });
  const imageOf = (grey: number) => ({
    pixels: new Uint8Array(8 * 8 * 3).fill(grey),
    shape: [1, 8, 8, 3] as const,
  });
  const tiles = [
    { image: imageOf(20), label: '1', marked: state.marked },
    { image: imageOf(state.grey), label: '2' },
  ];
  return <Tiles tiles={tiles} across={2} down={1} columns={40} rows={9} />;
}

describe('Tiles', () => {
  test('should encode and send pixels once, and again only where they are others', async () => {
    const terminal = createTestTerminal(40, 12);
    const pictures = terminalHints({ TERM: 'xterm-256color', NVAE_PICTURES: 'sixel' });
    const ended = fullScreen<null>((done) => <TwoTiles done={done} />, { ...terminal, pictures });
    await setTimeout(20);
    terminal.press('\u001b[6;12;6t\u001b[?62;4c');
    let all = '';
    const written = () => {
      all += terminal.written();
      return all;
    };
    const shows = async (text: string) => {
      while (!written().includes(text)) await setTimeout(10);
    };
    const drawn = (percent: number) => `"1;1;96;96#0;2;${percent};`;
    await shows(drawn(8));
    await shows(drawn(20));
    all = '';
    terminal.press('x');
    await shows('1 ✓');
    terminal.press('n');
    await shows(drawn(22));
    // Time for what should not come.
    await setTimeout(100);
    expect(written().match(/"1;1;/g)).toHaveLength(1);
    terminal.press('q');
    await ended;
  });
});
