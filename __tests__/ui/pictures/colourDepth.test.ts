import { describe, expect, test } from '@jest/globals';
import { colourDepth } from '../../../src/ui/pictures/colourDepth.js';

describe('colourDepth', () => {
  test.each([
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 24],
    [{ TERM: 'xterm-256color', COLORTERM: '24bit' }, 24],
    [{ TERM: 'xterm-256color' }, 8],
    [{ TERM: 'xterm' }, 8],
    [{}, 8],
    [{ TERM: 'xterm-kitty' }, 24],
    [{ TERM: 'alacritty' }, 24],
    [{ TERM: 'xterm-direct' }, 24],
    [{ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, 24],
    [{ TERM: 'xterm-256color', TERM_PROGRAM: 'Apple_Terminal' }, 8],
    [{ TERM: 'tmux-256color', TMUX: '/tmp/tmux-0/default,1,0' }, 24],
    [{ TERM: 'screen.xterm-256color', STY: '1.pts', COLORTERM: 'truecolor' }, 8],
    [{ TERM: 'linux' }, 4],
    [{ TERM: 'dumb', COLORTERM: 'truecolor' }, 1],
    [{ NO_COLOR: '1', COLORTERM: 'truecolor', FORCE_COLOR: '3' }, 1],
    [{ COLORTERM: 'truecolor', FORCE_COLOR: '0' }, 1],
    [{ COLORTERM: 'truecolor', FORCE_COLOR: '1' }, 4],
    [{ COLORTERM: 'truecolor', FORCE_COLOR: '2' }, 8],
    [{ FORCE_COLOR: '3' }, 24],
    [{ TERM: 'xterm', FORCE_COLOR: 'true' }, 8],
  ] as const)('should find in %j %s bits', (env, depth) => {
    expect(colourDepth(env)).toBe(depth);
  });
});
