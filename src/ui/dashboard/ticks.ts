/** Round numbers for an axis, and their labels. Pure. */

/** Format of the values on an axis. */
export type AxisUnit = 'number' | 'bytes' | 'percent' | 'seconds';

/** Steps for times; below a second and above hours, powers of ten are used. */
const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** The smallest of 1, 2 and 5 times a power of ten that is at least `value`. */
function roundStep(value: number, unit: AxisUnit): number {
  const nice = unit === 'seconds' && value > 0.5 ? timeSteps.find((step) => step >= value) : undefined;
  if (nice !== undefined) return nice;
  const power = 10 ** Math.floor(Math.log10(value));
  // A value slightly below a step, because of rounding, counts as that step.
  const factor = [1, 2, 5, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Round values between two numbers, in ascending order: at most about `most`, and at least two. */
export function ticks(low: number, high: number, most: number, unit: AxisUnit = 'number'): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return Number.isFinite(low) ? [low] : [];
  for (let parts = Math.max(1, most); ; parts *= 2) {
    const step = roundStep(span / parts, unit);
    const first = Math.ceil(low / step - 1e-9);
    const count = Math.floor(high / step + 1e-9) - first + 1;
    // If no step divides the span, its ends differ only by rounding.
    if (count < 2 && parts < 64 * most) continue;
    return Array.from({ length: Math.max(0, Math.min(100, count)) }, (_, i) =>
      round((first + i) * step, step),
    );
  }
}

/** Powers of ten between two positive values, with 2 and 5 times them if there is room; otherwise like `ticks`. */
export function logarithmicTicks(
  low: number,
  high: number,
  most: number,
  unit: AxisUnit = 'number',
): number[] {
  // Near the limits of floating-point numbers there are no neighbouring powers of ten.
  if (!(low > 1e-300 && high < 1e300)) return [];
  const from = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - from + 1 }, (_, i) => 10 ** (from + i));
  const within = (factors: readonly number[]) =>
    powers
      .flatMap((power) => factors.map((factor) => round(factor * power, power)))
      .filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  const choices = [[1, 2, 5], [1, 3], [1]].map(within);
  const fitting =
    choices.find((values) => values.length <= Math.max(2, most) + 1) ?? thinned(choices[2] ?? [], most);
  return fitting.length >= 2 ? fitting : ticks(low, high, most, unit);
}

/** Every second, third, ... value, so that at most `most` remain. */
function thinned(values: readonly number[], most: number): number[] {
  const every = Math.ceil(values.length / Math.max(1, most));
  return values.filter((_, i) => i % every === 0);
}

/** Removes binary rounding such as 0.30000000000000004. */
function round(value: number, step: number): number {
  const digits = Math.min(100, Math.max(0, 1 - Math.floor(Math.log10(step))));
  return digits < 20 ? Number(value.toFixed(digits)) : value;
}

const thousands = [
  { from: 1e9, name: 'G' },
  { from: 1e6, name: 'M' },
  { from: 1e4, name: 'k', of: 1e3 },
];
const bytes = [
  { from: 1e9, name: ' GB' },
  { from: 1e6, name: ' MB' },
  { from: 0, name: ' kB', of: 1e3 },
];
const times = [
  { from: 2 * 86400, name: ' d', of: 86400 },
  { from: 7200, name: ' h', of: 3600 },
  { from: 120, name: ' min', of: 60 },
  { from: 1, name: ' s' },
  { from: 0, name: ' ms', of: 1e-3 },
];

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 10 });

/** Labels for the ticks of an axis: all in one unit, with enough digits to differ. */
export function tickLabels(values: readonly number[], unit: AxisUnit = 'number'): string[] {
  const most = Math.max(0, ...values.map(Math.abs));
  const units = { number: thousands, bytes, seconds: times, percent: [{ from: 0, name: ' %', of: 0.01 }] }[
    unit
  ];
  const chosen = units.find(({ from }) => most >= from) ?? { name: '', from: 1, of: 1 };
  const size = ('of' in chosen ? chosen.of : undefined) ?? chosen.from;
  return values.map((value) => (value === 0 ? '0' : `${written(value / size, values, size)}${chosen.name}`));
}

function written(value: number, all: readonly number[], size: number): string {
  const scaled = all.map((each) => Math.abs(each / size)).filter((each) => each > 0);
  if (Math.max(...scaled) < 1e-3) return value.toExponential(Number.isInteger(lead(value)) ? 0 : 1);
  return grouped.format(Number(value.toPrecision(6)));
}

/** The factor before the power of ten. */
function lead(value: number): number {
  return Number((value / 10 ** Math.floor(Math.log10(Math.abs(value)))).toPrecision(6));
}
