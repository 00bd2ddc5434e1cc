import { setTimeout } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { askTerminal } from '../../../src/ui/pictures/askTerminal.js';
import { keyboardOn } from '../../../src/ui/pictures/keyboard.js';
import { noAnswers, queryWithKitty, sift } from '../../../src/ui/pictures/terminalAnswers.js';
import { terminalHints } from '../../../src/ui/pictures/terminalHints.js';
import { createTestTerminal } from '../../support/terminal.js';

const esc = '\u001b';
const kitty = `${esc}_Gi=31;OK${esc}\\`;
const noKitty = `${esc}_Gi=31;ENOTSUPPORTED:no${esc}\\`;
const [cell, registers, device] = [`${esc}[6;18;9t`, `${esc}[?1;0;1024S`, `${esc}[?62;4;22c`];
const all = kitty + cell + registers + device;
const hints = terminalHints({ TERM: 'xterm-256color', COLORTERM: 'truecolor' });

/** What is typed: letters, digits, UTF-8, and keys that begin as answers do. */
const key = fc.constantFrom(
  'c',
  'q',
  '7',
  'é',
  '␛',
  '\r',
  `${esc}[A`,
  `${esc}[6~`,
  `${esc}[6;5~`,
  `${esc}OP`,
);

describe('sift', () => {
  test('should read every answer', () => {
    expect(sift(all, noAnswers)).toEqual({
      keys: '',
      answers: {
        complete: true,
        kitty: true,
        sixel: true,
        cell: { width: 9, height: 18 },
        sixelColours: 256,
      },
      completed: 1,
      rest: '',
    });
    const { answers } = sift(`${noKitty}${esc}[?1;2c`, noAnswers);
    expect(answers).toEqual({ complete: true, kitty: false, sixel: false });
    // 4 is no attribute where it is the terminal's class, or part of another number.
    expect(sift(`${esc}[?4;14;42c`, noAnswers).answers.sixel).toBe(false);
    expect(sift(`${esc}[?1;3;0S`, noAnswers).answers.sixelColours).toBeUndefined();
  });

  test('should separate answers in any pieces from what is typed between them', () => {
    const typed = fc.array(key, { maxLength: 4 }).map((keys) => keys.join(''));
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(fc.tuple(typed, typed, typed, typed), sizes, (keys, pieces) => {
        const text = [kitty, cell, registers, device].map((answer, i) => answer + keys[i]).join('');
        let [rest, passed, answers, at] = ['', '', noAnswers, 0];
        for (const size of [...pieces, text.length]) {
          const sifted = sift(rest + text.slice(at, at + size), answers);
          at += size;
          passed += sifted.keys;
          ({ rest, answers } = sifted);
        }
        expect(passed + rest).toBe(keys.join(''));
        expect(answers).toMatchObject({ complete: true, kitty: true, sixel: true, sixelColours: 256 });
      }),
    );
  });
});

describe('keyboardOn', () => {
  const open = () => {
    const terminal = createTestTerminal();
    const keyboard = keyboardOn(terminal);
    const typed = () => String((keyboard.keys.read() as Buffer | null) ?? '');
    return { terminal, keyboard, typed };
  };

  test('should hold nothing back where nothing was asked', async () => {
    const { terminal, typed } = open();
    terminal.press(esc);
    await setTimeout(0);
    expect(typed()).toBe(esc);
  });

  test('should pass keys on while an answer is awaited, Escape after a moment', async () => {
    const { terminal, keyboard, typed } = open();
    keyboard.ask(queryWithKitty);
    terminal.press('a');
    await setTimeout(0);
    expect(typed()).toBe('a');
    terminal.press(esc);
    await setTimeout(100);
    expect(typed()).toBe(esc);
  });

  test('should keep an answer from the keys that comes late and in pieces', async () => {
    const { terminal, keyboard, typed } = open();
    keyboard.ask(queryWithKitty);
    await keyboard.settled();
    for (const piece of [`x${kitty.slice(0, 5)}`, kitty.slice(5), `${esc}[?6`, '2;4cy']) {
      terminal.press(piece);
      await setTimeout(70);
    }
    expect(typed()).toBe('xy');
    keyboard.close();
  });

  test('should not take the beginning of an answer for keys when it is closed', async () => {
    const { terminal, keyboard, typed } = open();
    keyboard.ask(queryWithKitty);
    terminal.press(`${esc}[?62;`);
    await setTimeout(0);
    keyboard.close();
    expect(typed()).toBe('');
    expect(terminal.stdin.listenerCount('data')).toBe(0);
  });
});

describe('askTerminal', () => {
  test('should ask in raw mode and leave the terminal as it was', async () => {
    const terminal = createTestTerminal();
    const asked = askTerminal(hints, terminal);
    expect(terminal.raw).toBe(true);
    expect(terminal.written()).toBe(queryWithKitty);
    terminal.press(`${all}typed`);
    expect(await asked).toEqual({
      kind: 'kitty',
      cell: { width: 9, height: 18 },
      depth: 24,
      sixelColours: 256,
    });
    expect(terminal.raw).toBe(false);
    expect(String(terminal.stdin.read())).toBe('typed');
    expect(terminal.stdin.listenerCount('data')).toBe(0);
  });

  test('should do with hints where nobody answers', async () => {
    const terminal = createTestTerminal();
    expect((await askTerminal(hints, terminal)).kind).toBe('blocks');
    expect(terminal.raw).toBe(false);
  });

  test('should ask nobody where there is no terminal', async () => {
    const terminal = createTestTerminal();
    for (const name of ['stdin', 'stdout'] as const) {
      const stream = Object.assign(Object.create(terminal[name]), { isTTY: false });
      expect((await askTerminal(hints, { ...terminal, [name]: stream })).kind).toBe('blocks');
    }
    expect(terminal.written()).toBe('');
  });

  test('should be interrupted by Ctrl-C, as ever', async () => {
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => true);
    const terminal = createTestTerminal();
    const asked = askTerminal(hints, terminal);
    terminal.press(`\u0003${all}`);
    await asked;
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGINT');
    kill.mockRestore();
  });
});
