/** The keys with their current meaning, for the bottom line and the help. Pure. */
import type { KeyHelp } from '../KeyList.js';
import type { ScreenState } from './screenState.js';

export interface KeySituation extends Pick<ScreenState, 'pane' | 'logarithmic'> {
  /** Whether the screen can control the run. */
  readonly controls: boolean;
  readonly paused: boolean;
}

export interface DashboardKey extends KeyHelp {
  /** Whether the key controls the run. */
  readonly controls?: boolean;
}

/** Panes with curves over the images seen. */
const withCurves: readonly ScreenState['pane'][] = [null, 'curve', 'groups', 'terms', 'health'];
const withAxis: readonly ScreenState['pane'][] = [null, 'curve', 'terms', 'health'];
const withPictures: readonly ScreenState['pane'][] = ['reconstructions', 'samples'];

/** The keys that have an effect in this situation. */
export function keysFor(situation: KeySituation): readonly DashboardKey[] {
  const { pane, controls } = situation;
  return [
    ...(controls ? controlKeys(situation) : [closing]),
    ...viewKeys(situation),
    {
      key: '1-8',
      short: pane === null ? 'enlarge' : 'parts',
      long: 'show one part on the whole screen; the same key or esc closes it',
    },
    ...(pane === null ? [] : [{ key: 'esc', short: 'back', long: 'show all parts' }]),
    { key: 'tab', short: 'next', long: 'show the next part on the whole screen' },
    pane === 'log'
      ? { key: 'l', short: 'close log', long: 'show all parts' }
      : { key: 'l', short: 'log', long: 'show all events' },
    { key: '?', short: 'help', long: 'this page' },
  ];
}

const closing: DashboardKey = { key: 'q', short: 'close', long: 'close this screen; the run continues' };

function controlKeys({ paused }: KeySituation): DashboardKey[] {
  const pause = paused
    ? { short: 'resume', long: 'continue the run' }
    : { short: 'pause', long: 'pause the run before its next step' };
  const keys: KeyHelp[] = [
    { key: 'q', short: 'quit', long: 'stop the run; asks whether to save first' },
    { key: 'p', ...pause },
    { key: 'c', short: 'checkpoint', long: 'write a checkpoint now' },
    { key: 's', short: 'sample', long: 'write new samples now' },
    { key: 'r', short: 'reconstruct', long: 'write reconstructions now' },
  ];
  return keys.map((key) => ({ ...key, controls: true }));
}

function viewKeys({ pane, logarithmic }: KeySituation): DashboardKey[] {
  const keys: DashboardKey[] = [];
  if (pane === null || pane === 'curve') {
    keys.push({ key: '←→', short: 'metric', long: 'choose the metric of the curve' });
  }
  if (withPictures.includes(pane)) {
    keys.push({ key: '←→', short: 'earlier, later', long: 'show earlier or later pictures' });
  }
  if (withCurves.includes(pane)) {
    keys.push({ key: '↑↓', short: 'range', long: 'choose how much of the run the curves show' });
  }
  if (pane === 'log') keys.push({ key: '↑↓', short: 'scroll', long: 'scroll to earlier or later lines' });
  if (withAxis.includes(pane)) {
    keys.push(
      logarithmic
        ? { key: 'y', short: 'linear axis', long: 'use a linear axis' }
        : { key: 'y', short: 'log axis', long: 'use a logarithmic axis' },
    );
  }
  return keys;
}

/** Key names for the bottom line, the most important first. */
export function keyNames(situation: KeySituation): string[] {
  return keysFor(situation).map(({ key, short }) => `${key} ${short}`);
}

/** The question after `q` is pressed. */
export const quitQuestion = ['[s] save and quit', '[k] quit without saving', '[esc] cancel'];
