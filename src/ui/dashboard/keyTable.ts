/** The keys, for the bar below and the help. Each says what it does now. Pure. */
import type { KeyHelp } from '../KeyList.js';
import type { ScreenState } from './screenState.js';

export interface KeySituation extends Pick<ScreenState, 'pane' | 'logarithmic'> {
  /** Whether the screen may tell the run what to do. */
  readonly controls: boolean;
  readonly paused: boolean;
}

export interface DashboardKey extends KeyHelp {
  /** Asks something of the run. */
  readonly controls?: boolean;
}

/** Parts with curves over the images seen. */
const withCurves: readonly ScreenState['pane'][] = [null, 'curve', 'groups', 'terms', 'health'];
const withAxis: readonly ScreenState['pane'][] = [null, 'curve', 'terms', 'health'];
const withPictures: readonly ScreenState['pane'][] = ['reconstructions', 'samples'];

/** Those that do something here. */
export function keysFor(situation: KeySituation): readonly DashboardKey[] {
  const { pane, controls } = situation;
  return [
    ...(controls ? controlKeys(situation) : [closing]),
    ...viewKeys(situation),
    {
      key: '1-8',
      short: pane === null ? 'enlarge' : 'parts',
      long: 'one part on the whole screen; the same key or esc goes back',
    },
    ...(pane === null ? [] : [{ key: 'esc', short: 'back', long: 'all parts again' }]),
    { key: 'tab', short: 'next', long: 'the next part on the whole screen' },
    pane === 'log'
      ? { key: 'l', short: 'close log', long: 'all parts again' }
      : { key: 'l', short: 'log', long: 'everything that has happened' },
    { key: '?', short: 'help', long: 'this page' },
  ];
}

const closing: DashboardKey = { key: 'q', short: 'close', long: 'close this screen; the run is not touched' };

function controlKeys({ paused }: KeySituation): DashboardKey[] {
  const pause = paused
    ? { short: 'resume', long: 'continue the run' }
    : { short: 'pause', long: 'hold the run before its next step' };
  const keys: KeyHelp[] = [
    { key: 'q', short: 'quit', long: 'end the run; asks whether to save first' },
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
    keys.push({ key: '←→', short: 'metric', long: 'the metric that the curve shows' });
  }
  if (withPictures.includes(pane)) {
    keys.push({ key: '←→', short: 'earlier, later', long: 'earlier pictures, and back to the newest' });
  }
  if (withCurves.includes(pane)) {
    keys.push({ key: '↑↓', short: 'range', long: 'how much of the run curves show' });
  }
  if (pane === 'log')
    keys.push({ key: '↑↓', short: 'scroll', long: 'earlier lines, and back to the newest' });
  if (withAxis.includes(pane)) {
    keys.push(
      logarithmic
        ? { key: 'y', short: 'linear axis', long: 'a linear axis again' }
        : { key: 'y', short: 'log axis', long: 'a logarithmic axis' },
    );
  }
  return keys;
}

/** For the bar, the most needed first. */
export function keyNames(situation: KeySituation): string[] {
  return keysFor(situation).map(({ key, short }) => `${key} ${short}`);
}

/** What `q` asks. */
export const quitQuestion = ['[s] save and quit', '[k] quit without saving', '[esc] cancel'];
