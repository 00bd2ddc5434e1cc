/** A real terminal to run commands in: tmux. */
import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

/** More than any machine needs, but less than the time limit of a test. */
const limitMs = 45_000;

export interface Tmux {
  /** The text on the screen. */
  screen(): string;
  /** Waits until the screen shows the text and, if that happens within half a second, no longer changes. */
  shows(text: string | RegExp): Promise<string>;
  /** Presses keys by tmux's names: `q`, `Enter`, `C-c`. */
  press(...keys: string[]): void;
  /** Types a line into the shell. */
  type(line: string): void;
  resize(columns: number, rows: number): void;
  /** Appends all further output of programs to the file, including escape sequences. */
  record(path: string): void;
  /** State of the terminal itself. */
  readonly state: { readonly alternate: boolean; readonly cursor: boolean };
  end(): void;
}

/** Starts a shell in `cwd`, on a separate server. */
export function startTmux(
  cwd: string,
  columns: number,
  rows: number,
  env: Record<string, string> = {},
): Tmux {
  const socket = `nvae-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const tmux = (...args: string[]) => execFileSync('tmux', ['-L', socket, ...args], { encoding: 'utf8' });
  const settings = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const size = ['-x', String(columns), '-y', String(rows)];
  tmux('-f', '/dev/null', 'new-session', '-d', '-s', 't', ...size, '-c', cwd, ...settings, 'sh');
  const screen = () => tmux('capture-pane', '-t', 't', '-p');
  /** Waits for a complete frame: the terminal may have received only half of it. */
  const whole = async (shown: string, fits: (screen: string) => boolean) => {
    let last = shown;
    for (let i = 0; i < 10; i += 1) {
      await setTimeout(50);
      const next = screen();
      if (next === last || !fits(next)) break;
      last = next;
    }
    return last;
  };
  return {
    screen,
    async shows(text) {
      const begin = performance.now();
      const fits = (shown: string) => (typeof text === 'string' ? shown.includes(text) : text.test(shown));
      for (;;) {
        const shown = screen();
        if (fits(shown)) return whole(shown, fits);
        if (performance.now() - begin > limitMs)
          throw new Error(`expected ${text} on the screen, got\n${shown}`);
        await setTimeout(50);
      }
    },
    press: (...keys) => void tmux('send-keys', '-t', 't', ...keys),
    type(line) {
      tmux('send-keys', '-t', 't', '-l', line);
      tmux('send-keys', '-t', 't', 'Enter');
    },
    resize: (width, height) =>
      void tmux('resize-window', '-t', 't', '-x', String(width), '-y', String(height)),
    record: (path) => void tmux('pipe-pane', '-t', 't', `cat >> '${path}'`),
    get state() {
      const [alternate, cursor] = tmux('display', '-t', 't', '-p', '#{alternate_on} #{cursor_flag}')
        .trim()
        .split(' ');
      return { alternate: alternate === '1', cursor: cursor === '1' };
    },
    end: () => void tmux('kill-server'),
  };
}
