/** Text that says when a run will write its first pictures. Pure. */
import type { PreviewEvent } from '../../streams/run/events.js';
import { count, duration } from '../format.js';
import { progressOf, type RunView, speed } from './runView.js';

/**
 * `first pictures after epoch 2, in about 3 min`: the run writes pictures with each scheduled checkpoint. Also names the key that
 * writes some at once.
 */
export function firstPictures(view: RunView, kind: PreviewEvent['kind'], controls: boolean): string[] {
  const { started, step, ended, status } = view;
  if (ended || status === 'gone') return ['none were written'];
  if (!started) return ['none yet'];
  const key = kind === 'samples' ? 's' : 'r';
  const now = controls ? [`press ${key} to write some now`] : [];
  const { writeReconstruction } = started.config.training;
  if (kind === 'reconstruction' && writeReconstruction === false) return ['none are scheduled', ...now];
  const next = nextDue(view);
  const rate = speed(view.history);
  const { secondsLeft } = progressOf(view);
  if (!step || rate === null) return [`first pictures after ${next.name}`, ...now];
  const seconds = next.images / rate;
  const when = secondsLeft !== null && secondsLeft < seconds ? 'when time is up' : `after ${next.name}`;
  const about = duration(Math.min(seconds, secondsLeft ?? seconds));
  return [`first pictures ${when}, in about ${about}`, ...now];
}

/** When the next pictures are due, and the number of images until then. */
function nextDue({ started, step }: RunView): { readonly name: string; readonly images: number } {
  const { images = 0, batchSize = 1, epochs = -1, config } = started ?? {};
  const { epochsPerCheckpoint = 1, imagesPerCheckpoint = null } = config?.training ?? {};
  const position = step ?? { step: 0, epoch: started?.resumed?.epoch ?? 0, imagesTaken: 0 };
  const scheduled = Math.ceil((position.epoch + 1) / epochsPerCheckpoint) * epochsPerCheckpoint;
  const epoch = epochs === -1 ? scheduled : Math.min(scheduled, epochs);
  const byEpoch = {
    name: `epoch ${count(epoch)}`,
    images: (epoch - position.epoch) * images - position.imagesTaken,
  };
  if (imagesPerCheckpoint === null) return byEpoch;
  const every = Math.max(1, Math.ceil(imagesPerCheckpoint / batchSize));
  const at = (Math.floor(position.step / every) + 1) * every;
  const byStep = { name: `step ${count(at)}`, images: (at - position.step) * batchSize };
  return byStep.images < byEpoch.images ? byStep : byEpoch;
}
