/** The progress of some work as text. Pure. */
import { bar } from './blockCharacters.js';
import { clock } from './format.js';
import { cut, oneLine, widthOf } from './text.js';

export interface ProgressSnapshot {
  /** The activity: `sampling`. */
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** The unit in the plural: `images`. */
  readonly unit: string;
  /** Seconds since the work began. */
  readonly seconds: number;
}

/** Minimum and maximum width of a bar in cells. */
const [narrowest, widest] = [8, 40];

/**
 * One line, at most `width` cells wide: `sampling ▕███▌    ▏ 12/40  3.2 images/s  0:09 left`. If it is too narrow, the rate is
 * omitted first, then the bar, then the time left; then the text is cut.
 */
export function progressBarLine(progress: ProgressSnapshot, width: number): string {
  const { done, total } = progress;
  const label = oneLine(progress.label);
  const count = `${done}/${total}`;
  const { rate, left } = pace(progress);
  for (const tail of rate && left
    ? [
        [count, rate, left],
        [count, left],
      ]
    : [[`${count} ${progress.unit}`]]) {
    const text = tail.join('  ');
    const room = width - widthOf(label) - widthOf(text) - ' ▕▏ '.length;
    if (room >= narrowest) return `${label} ▕${filled(done / total, Math.min(room, widest))}▏ ${text}`;
  }
  const text = [`${label} ${count}`, left].filter(Boolean).join('  ');
  return cut(text, width);
}

/** The same without a bar, for a log: `sampling: 12 of 40 images, 3.2 images/s, 0:09 left`. */
export function progressWords(progress: ProgressSnapshot): string {
  const { label, done, total, unit } = progress;
  const { rate, left } = pace(progress);
  return [`${oneLine(label)}: ${done} of ${total} ${unit}`, rate, left].filter(Boolean).join(', ');
}

function filled(share: number, cells: number): string {
  return bar(share, cells).padEnd(cells);
}

/** Rate and time left; empty while they are unknown. */
function pace({ done, total, unit, seconds }: ProgressSnapshot): {
  readonly rate: string;
  readonly left: string;
} {
  if (!(done > 0 && seconds > 0)) return { rate: '', left: '' };
  const perSecond = done / seconds;
  const rate = perSecond < 10 ? perSecond.toPrecision(2) : perSecond.toFixed(0);
  return {
    rate: `${rate} ${unit}/s`,
    left: `${clock(Math.round(Math.max(0, total - done) / perSecond))} left`,
  };
}
