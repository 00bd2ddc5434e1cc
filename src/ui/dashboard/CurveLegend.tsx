import { Text } from 'ink';
import { cut, oneLine, widthOf } from '../text.js';
import { type ComparedRun, valueThere } from './comparison.js';
import type { Point } from './history.js';
import type { Metric } from './metrics.js';
import { type Assessment, assess, reasonTexts, validationText, verdictText } from './overfitting.js';
import { markSymbol } from './plot.js';
import type { ValidationPoint } from './validations.js';

export interface LegendOptions {
  /** Name of the run. */
  readonly name: string;
  readonly history: readonly Point[];
  readonly validations: readonly ValidationPoint[];
  readonly compare: ComparedRun | null;
  readonly metric: Metric;
}

/** A part of the legend. */
export interface LegendPart {
  readonly text: string;
  /** The curve that the part names. @default a part that only adds facts */
  readonly curve?: 'training' | 'validation' | 'other';
  /** Whether it needs attention. */
  readonly alarming?: boolean;
}

/** Maximum width of the name of a run in cells. */
const longestName = 16;

/** What the curves are, and what the validations say, the most important first; empty if there is only the training curve. */
export function legendParts(options: LegendOptions): LegendPart[] {
  const { name, history, validations, compare, metric } = options;
  const assessment = metric.validation ? assess(validations) : null;
  if (!assessment && !compare) return [];
  const own = compare ? named(name) : 'training';
  const imagesSeen = history.at(-1)?.imagesSeen ?? 0;
  const curves: LegendPart[] = [{ text: `━ ${own}`, curve: 'training' }];
  if (compare) {
    const value = valueThere(compare, metric, imagesSeen);
    curves.push({ text: `╌ ${named(compare.name)} ${value}`, curve: 'other' });
  }
  if (!assessment) return curves;
  const [main, ...reasons] = reasonTexts(assessment).map((text) => ({ text }));
  const facts = main ? [main] : [];
  return [
    validationPart(assessment),
    verdictPart(assessment),
    // With one curve of steps, nobody needs its name to tell it apart.
    ...(compare ? [...curves, ...facts] : [...facts, ...curves]),
    ...reasons,
  ];
}

function validationPart(assessment: Assessment): LegendPart {
  return { text: `${markSymbol} validation ${validationText(assessment)}`, curve: 'validation' };
}

function verdictPart(assessment: Assessment): LegendPart {
  const verdict = verdictText(assessment);
  return assessment.overfits ? { text: `! ${verdict}`, alarming: true } : { text: verdict };
}

function named(name: string): string {
  return cut(oneLine(name), longestName);
}

/** The parts in at most `rows` lines of `columns` cells; parts that do not fit are left out. */
export function legendLines(parts: readonly LegendPart[], columns: number, rows: number): LegendPart[][] {
  const lines: LegendPart[][] = [];
  let room = 0;
  for (const part of parts) {
    const width = widthOf(part.text) + 2;
    if (width > room) {
      if (lines.length === rows) continue;
      lines.push([]);
      room = columns;
    }
    const text = cut(part.text, columns - 1);
    lines.at(-1)?.push({ ...part, text });
    room -= widthOf(text) + 2;
  }
  return lines.filter((line) => line.length > 0);
}

/** Height of the legend in a curve of this height. */
export function legendRows(rows: number): number {
  if (rows < 5) return 0;
  return rows < 7 ? 1 : rows < 14 ? 2 : 3;
}

/** Colours of the curves. */
export const curveColours = { training: 'cyan', validation: 'magenta', other: 'green' } as const;

export interface CurveLegendProps {
  readonly lines: readonly (readonly LegendPart[])[];
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
}

/** The lines of the legend; each curve has the sign and the colour that it has in the plot. */
export function CurveLegend({ lines, colour }: CurveLegendProps) {
  return lines.map((parts) => (
    <Text key={parts[0]?.text} wrap="truncate">
      {parts.map(({ text, curve, alarming = false }) => (
        <Text
          key={text}
          bold={curve === 'training' || alarming}
          {...(colour && curve && { color: curveColours[curve] })}
          {...(colour && alarming && { color: 'yellow' })}
        >
          {` ${text} `}
        </Text>
      ))}
    </Text>
  ));
}
