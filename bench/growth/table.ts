/** How a step grows, as text. */
import { type Line, lineThrough } from './line.js';

export interface Measured {
  readonly units: number;
  readonly min: number;
  readonly median: number;
  readonly peakBytes: number;
}

export interface Growth {
  readonly name: string;
  readonly unit: string;
  readonly measured: readonly Measured[];
}

const milliseconds = (seconds: number, digits = 1) => (1000 * seconds).toFixed(digits);

export function lineOf({ measured }: Growth): Line {
  return lineThrough(measured.map(({ units, min }) => ({ units, seconds: min })));
}

/** A row for each size, and the line through the shortest times with each time's distance from it. */
export function rowsOf(growth: Growth): string[] {
  const { name, unit, measured } = growth;
  const line = lineOf(growth);
  const rows = measured.map(({ units, min, median, peakBytes }) => {
    const off = (100 * min) / (line.fixed + line.perUnit * units) - 100;
    return [
      String(Number(units.toFixed(1))).padStart(19),
      milliseconds(min).padStart(10),
      milliseconds(median).padStart(10),
      milliseconds(min / units, 2).padStart(10),
      `${off.toFixed(1)} %`.padStart(10),
      `${(peakBytes / 1e9).toFixed(2)} GB`.padStart(10),
    ].join(' ');
  });
  return [
    `${name.padStart(19)}     min ms  median ms   ms/unit  off the line     peak`,
    ...rows,
    `line: ${milliseconds(line.fixed)} ms + ${milliseconds(line.perUnit, 2)} ms per ${unit}`,
  ];
}
