/** The state of the screen, and how a key changes it; plain data. */
import type { RunCommand } from '../../streams/run/runCommand.js';
import { metrics, ranges } from './metrics.js';

export const panes = [
  'curve',
  'groups',
  'terms',
  'reconstructions',
  'samples',
  'health',
  'log',
  'run',
] as const;
export type PaneName = (typeof panes)[number];

export interface ScreenState {
  /** The part that fills the screen; null: all parts. */
  readonly pane: PaneName | null;
  readonly metric: number;
  readonly range: number;
  readonly logarithmic: boolean;
  /** Number of steps back in the history of pictures. */
  readonly back: number;
  /** Number of lines scrolled up in the log. */
  readonly scroll: number;
  readonly help: boolean;
  /** Whether the question of how to quit is open. */
  readonly quitting: boolean;
}

export const firstScreen: ScreenState = {
  pane: null,
  metric: 0,
  range: 0,
  logarithmic: false,
  back: 0,
  scroll: 0,
  help: false,
  quitting: false,
};

/** `abort`: stop without saving. `leave`: close the screen. `interrupt`: like SIGINT. */
export type ScreenRequest = RunCommand | 'abort' | 'leave' | 'interrupt';

export interface Situation {
  /** Whether this screen can control the run or only watches it. */
  readonly controls: boolean;
  readonly paused: boolean;
  readonly over: boolean;
}

/** A key as Ink reports it; `input` is the typed text. */
export interface Key {
  readonly input: string;
  readonly ctrl?: boolean;
  readonly tab?: boolean;
  readonly shift?: boolean;
  readonly escape?: boolean;
  readonly leftArrow?: boolean;
  readonly rightArrow?: boolean;
  readonly upArrow?: boolean;
  readonly downArrow?: boolean;
}

export interface Pressed {
  readonly screen: ScreenState;
  readonly request: ScreenRequest | null;
}

/** The effect of a key. */
export function pressed(screen: ScreenState, key: Key, situation: Situation): Pressed {
  const just = (changes: Partial<ScreenState>): Pressed => ({
    screen: { ...screen, ...changes },
    request: null,
  });
  const ask = (request: ScreenRequest, changes: Partial<ScreenState> = {}): Pressed => ({
    screen: { ...screen, ...changes },
    request,
  });
  if (key.ctrl && key.input === 'c') {
    if (!situation.controls || situation.over) return ask('leave');
    return ask('interrupt', { quitting: false });
  }
  if (screen.quitting) return answered(key, just, ask);
  if (screen.help) return just({ help: false });
  const moved = movedBy(screen, key);
  if (moved) return just(moved);
  if (key.input === '?' || key.input === 'h') return just({ help: true });
  if (key.input === 'q') {
    if (!situation.controls || situation.over) return ask('leave');
    return just({ quitting: true });
  }
  const command = situation.controls && !situation.over ? commandOf(key.input, situation.paused) : null;
  return command ? ask(command) : just({});
}

function answered(
  { input, escape: left }: Key,
  just: (changes: Partial<ScreenState>) => Pressed,
  ask: (request: ScreenRequest, changes: Partial<ScreenState>) => Pressed,
): Pressed {
  if (input === 's') return ask('stop', { quitting: false });
  if (input === 'k') return ask('abort', { quitting: false });
  return left || input === 'q' || input === 'n' ? just({ quitting: false }) : just({});
}

function commandOf(input: string, paused: boolean): RunCommand | null {
  switch (input) {
    case 'p':
      return paused ? 'resume' : 'pause';
    case 'c':
      return 'checkpoint';
    case 's':
      return 'sample';
    case 'r':
      return 'reconstruct';
    default:
      return null;
  }
}

/** Returns null if the key moves nothing. */
function movedBy(screen: ScreenState, key: Key): Partial<ScreenState> | null {
  const { pane } = screen;
  const shows = (name: PaneName | null) => ({ pane: name, back: 0, scroll: 0 });
  const digit = Number(key.input || Number.NaN);
  if (key.input >= '1' && key.input <= String(panes.length)) {
    const named = panes[digit - 1] ?? null;
    return shows(named === pane ? null : named);
  }
  if (key.tab) {
    const all: readonly (PaneName | null)[] = [null, ...panes];
    return shows(all.at((all.indexOf(pane) + (key.shift ? -1 : 1)) % all.length) ?? null);
  }
  if (key.escape) return shows(null);
  if (key.input === 'l') return shows(pane === 'log' ? null : 'log');
  if (key.input === 'y') return { logarithmic: !screen.logarithmic };
  const across = Number(key.rightArrow ?? false) - Number(key.leftArrow ?? false);
  const up = Number(key.upArrow ?? false) - Number(key.downArrow ?? false);
  if (pane === 'reconstructions' || pane === 'samples') {
    if (across !== 0) return { back: Math.max(0, screen.back - across) };
  } else if (across !== 0) return { metric: turned(screen.metric, across, metrics.length) };
  if (up === 0) return null;
  if (pane === 'log') return { scroll: Math.max(0, screen.scroll + up) };
  return { range: turned(screen.range, -up, ranges.length) };
}

function turned(index: number, by: number, length: number): number {
  return (index + by + length) % length;
}
