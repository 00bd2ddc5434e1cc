import type { ScreenRequest } from './screenState.js';

/** Messages of screens and screen readers about a request until its effect is visible. */
export const requestWords: Readonly<Record<Exclude<ScreenRequest, 'leave'>, string>> = {
  pause: 'will pause after this step',
  resume: 'resuming',
  checkpoint: 'will write a checkpoint after this step',
  sample: 'will write samples after this step',
  reconstruct: 'will write reconstructions after this step',
  stop: 'will save a checkpoint after this step and quit; Ctrl-C again quits without saving',
  interrupt: 'will save a checkpoint after this step and quit; Ctrl-C again quits without saving',
  abort: 'will quit after this step, without saving',
};
