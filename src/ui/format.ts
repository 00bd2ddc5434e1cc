/** Formats numbers as short, readable text on one line. */

const separated = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 1,562 */
export function count(value: number): string {
  return separated.format(value);
}

/** Three or four significant digits: 8,421, 57.3, 4.08, 0.0120, 3.2e-5, 1.1e+9. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size >= 1e7) return value.toExponential(1);
  if (size >= 1000) return count(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.01 || size === 0) return value.toFixed(size >= 1 || size === 0 ? 2 : 4);
  return value.toExponential(1);
}

/** A duration as on a clock: 0:07, 21:07, 1:21:07, 2 d 03:04. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${two(hours % 24)}:${two(minutes)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** An approximate duration: 40 s, 12 min, 1 h 09 min, 3 d 4 h. */
export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Time since an event, in coarse steps: just now, 20 s ago, 3 min ago. */
export function ago(seconds: number): string {
  if (seconds < 10) return 'just now';
  return `${duration(seconds < 60 ? 10 * Math.floor(seconds / 10) : seconds)} ago`;
}

/** 38 MB, 1.1 GB */
export function bytes(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} GB`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(0)} MB` : `${Math.ceil(value / 1e3)} kB`;
}

/** 49 % */
export function percent(share: number): string {
  return `${Math.floor(100 * share + 1e-9)} %`;
}
