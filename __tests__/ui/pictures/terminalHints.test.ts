import { describe, expect, test } from '@jest/globals';
import { type PictureKind, pictureWords } from '../../../src/ui/pictures/pictureSupport.js';
import { noAnswers, plainQuery, queryWithKitty } from '../../../src/ui/pictures/terminalAnswers.js';
import { supportOf, terminalHints } from '../../../src/ui/pictures/terminalHints.js';

const xterm = { TERM: 'xterm-256color', COLORTERM: 'truecolor' };
const complete = { ...noAnswers, complete: true };
const cell = { width: 9, height: 18 };
const kindOf = (...given: Parameters<typeof supportOf>) => supportOf(...given).kind;

describe('terminalHints', () => {
  test.each([
    ['a terminal without a name of its own', {}, queryWithKitty],
    ['tmux, which would take graphics for a title', { TMUX: '/tmp/tmux' }, plainQuery],
    ['a remote shell within tmux', { TERM: 'tmux-256color' }, plainQuery],
    ['screen', { STY: '1', TERM: 'screen' }, plainQuery],
    ['zellij', { ZELLIJ: '0' }, plainQuery],
    ['the Linux console', { TERM: 'linux' }, ''],
    ['Terminal of macOS', { TERM_PROGRAM: 'Apple_Terminal' }, ''],
    ['a dumb terminal', { TERM: 'dumb' }, ''],
    ['a CI', { CI: 'true' }, ''],
    ['no CI, by 0', { CI: '0' }, queryWithKitty],
    ['no CI, by false', { CI: 'false' }, queryWithKitty],
    ['no CI, by nothing', { CI: '' }, queryWithKitty],
    ['NO_COLOR', { NO_COLOR: '1' }, ''],
    ['blocks by choice', { NVAE_PICTURES: 'blocks' }, ''],
    ['no pictures by choice', { NVAE_PICTURES: 'none' }, ''],
    ['kitty by choice, for its cells', { NVAE_PICTURES: 'kitty' }, plainQuery],
  ])('should ask what is open: %s', (_name, env, query) => {
    expect(terminalHints({ ...xterm, ...env }).query).toBe(query);
  });

  test('should name what can be chosen where the choice is none of them', () => {
    expect(() => terminalHints({ ...xterm, NVAE_PICTURES: 'Kitty' })).toThrow(
      'NVAE_PICTURES: unknown value "Kitty"; use kitty, iterm, sixel, blocks, none',
    );
    expect(terminalHints({ ...xterm, NVAE_PICTURES: '' }).choice).toBeNull();
  });
});

describe('supportOf', () => {
  test.each<[string, Record<string, string>, object, PictureKind]>([
    ['nothing is known', {}, noAnswers, 'blocks'],
    ['it has neither', {}, complete, 'blocks'],
    ['it shows kitty graphics and sixels', {}, { ...complete, kitty: true, sixel: true, cell }, 'kitty'],
    ['it shows sixels', {}, { ...complete, sixel: true, cell }, 'sixel'],
    ['it shows sixels in cells of an unknown size', {}, { ...complete, sixel: true }, 'blocks'],
    ['it is iTerm2', { TERM_PROGRAM: 'iTerm.app' }, { ...complete, kitty: true, sixel: true, cell }, 'iterm'],
    ['it is iTerm2 behind ssh', { LC_TERMINAL: 'iTerm2' }, complete, 'iterm'],
    ['it was started from iTerm2', { LC_TERMINAL: 'iTerm2', TERM_PROGRAM: 'vscode' }, complete, 'blocks'],
    [
      'it is kitty, started from iTerm2',
      { TERM: 'xterm-kitty', TERM_PROGRAM: 'iTerm.app' },
      { ...complete, kitty: true },
      'kitty',
    ],
    ['it is kitty and cannot be asked', { TERM: 'xterm-kitty' }, noAnswers, 'kitty'],
    ['kitty is only where it was started from', { KITTY_WINDOW_ID: '1' }, complete, 'blocks'],
    ['tmux is between', { TMUX: 'x', TERM_PROGRAM: 'tmux', LC_TERMINAL: 'iTerm2' }, complete, 'blocks'],
    ['tmux shows sixels itself', { TMUX: 'x' }, { ...complete, sixel: true, cell }, 'sixel'],
    ['sixel is chosen', { NVAE_PICTURES: 'sixel' }, complete, 'sixel'],
    ['blocks are chosen', { NVAE_PICTURES: 'blocks' }, { ...complete, kitty: true }, 'blocks'],
    ['NO_COLOR is set', { NO_COLOR: '1', NVAE_PICTURES: 'kitty' }, { ...complete, kitty: true }, 'none'],
  ])('should choose the best there is where %s', (_name, env, answers, kind) => {
    expect(kindOf(terminalHints({ ...xterm, ...env }), { ...noAnswers, ...answers })).toBe(kind);
  });

  test('should tell people', () => {
    const answers = { ...complete, sixel: true, cell, sixelColours: 16 };
    expect(pictureWords(supportOf(terminalHints(xterm), answers))).toBe(
      'sixel in 16 colours, cells of 9 x 18 pixels',
    );
    expect(pictureWords(supportOf(terminalHints({ TERM: 'xterm' }), complete))).toBe(
      'half blocks in 256 colours',
    );
  });
});
