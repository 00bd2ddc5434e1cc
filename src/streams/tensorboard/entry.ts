/** Log entries for the events of a run. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { messageOf } from '../../base/errors.js';
import { imageEvent, scalarsEvent, sessionStartEvent } from '../../logs/tensorboard/logEvents.js';
import { tfRecord } from '../../logs/tensorboard/record.js';
import { type PreviewEvent, type TrainEvent, type WarningEvent, warning } from '../run/events.js';
import { imageTags, stepScalars, validationScalars } from './tags.js';

export interface Entry {
  readonly type: 'entry';
  readonly bytes: Uint8Array;
  /** Whether it is written at once, together with everything that waits before it. */
  readonly last: boolean;
}

/** Null for events that are not logged, and for pictures. `wallTime` is seconds since 1970. */
export function entryOf(event: TrainEvent, wallTime: number): Entry | null {
  switch (event.type) {
    case 'started': {
      const step = event.resumed ? event.resumed.imagesSeen + 1 : 0;
      return entry(tfRecord(sessionStartEvent({ wallTime, step })));
    }
    case 'step':
      return entry(tfRecord(scalarsEvent({ wallTime, step: event.imagesSeen }, stepScalars(event))));
    case 'validation':
      return entry(tfRecord(scalarsEvent({ wallTime, step: event.imagesSeen }, validationScalars(event))));
    case 'checkpoint':
      return entry(new Uint8Array(), true);
    default:
      return null;
  }
}

/** An entry with the picture's file, or a warning if it cannot be read. */
export async function pictureEntry(
  { path, kind, imagesSeen }: PreviewEvent,
  wallTime: number,
): Promise<Entry | WarningEvent> {
  try {
    const encoded = await readFile(path);
    const { height, width, channels } = await sharp(encoded).metadata();
    const image = { height, width, channels, encoded };
    return entry(tfRecord(imageEvent({ wallTime, step: imagesSeen }, imageTags[kind], image)));
  } catch (error) {
    return warning(
      'tensorboard',
      `${path}: not in the log, because it could not be read (${messageOf(error)})`,
    );
  }
}

function entry(bytes: Uint8Array, last = false): Entry {
  return { type: 'entry', bytes, last };
}
