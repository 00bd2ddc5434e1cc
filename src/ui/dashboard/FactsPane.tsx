import { Text } from 'ink';
import { oneLine, widthOf, wrapped } from '../text.js';
import { CurveGrid, type CurveGridProps } from './CurveLines.js';
import { ranges } from './metrics.js';
import { Pane, type PaneProps } from './Pane.js';

/** A line of a pane with numbers. */
export interface Fact {
  readonly name: string;
  readonly text: string;
  /** Characters drawn after the text, such as a bar; screen readers skip them. */
  readonly drawing?: string;
  /** Whether it needs attention; then it is marked `!`, which is visible without colour. */
  readonly alarming?: boolean;
}

export interface FactsPaneProps extends Omit<PaneProps, 'children'> {
  readonly facts: readonly Fact[];
  /** Whether the terminal shows colours. */
  readonly colour: boolean;
}

export function FactsPane({ facts, colour, ...pane }: FactsPaneProps) {
  return (
    <Pane {...pane}>
      <FactLines facts={facts} colour={colour} columns={pane.columns - 2} rows={pane.rows - 2} />
    </Pane>
  );
}

export interface FactLinesProps extends Pick<FactsPaneProps, 'facts' | 'colour'> {
  readonly columns: number;
  readonly rows: number;
}

export interface FactsAndCurvesProps
  extends FactsPaneProps,
    Pick<CurveGridProps, 'history' | 'validations' | 'compare' | 'metrics' | 'screen' | 'imageValues'> {}

/** The facts, and below them their curves over time. */
export function FactsAndCurves({
  facts,
  colour,
  history,
  validations,
  compare,
  metrics,
  screen,
  imageValues,
  ...pane
}: FactsAndCurvesProps) {
  const [columns, rows] = [pane.columns - 2, pane.rows - 2];
  const factRows = Math.min(rows, facts.length);
  const curves = { history, validations, compare, metrics, screen, imageValues, colour };
  const range = ranges[screen.range] ?? 'all';
  const note = [screen.logarithmic ? 'log' : '', range === 'all' ? '' : range].filter(Boolean).join(', ');
  return (
    <Pane {...pane} note={note}>
      <FactLines facts={facts} colour={colour} columns={columns} rows={factRows} />
      {facts.length > 0 && <CurveGrid {...curves} columns={columns} rows={rows - factRows} />}
    </Pane>
  );
}

/** One line per fact, or two if there is room, so that nothing is cut off. */
export function FactLines({ facts, colour, columns, rows }: FactLinesProps) {
  const widest = Math.max(0, ...facts.map(({ name }) => name.length));
  const room = columns - widest - 4;
  const most = rows >= 2 * facts.length ? 2 : 1;
  return facts.slice(0, rows).flatMap(({ name, text, drawing = '', alarming = false }) => {
    const words = alarming ? `! ${text}` : text;
    const lines = most > 1 ? wrapped(words, room, most) : [oneLine(words)];
    return lines.map((line, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a line is identified by its position
      <Text key={`${name}${i}`} wrap="truncate">
        <Text dimColor>{` ${(i === 0 ? name : '').padEnd(widest)}  `}</Text>
        <Text {...(alarming && colour && { color: 'yellow' })}>{line}</Text>
        {i === 0 && drawn(drawing, room - widthOf(line) - 2)}
      </Text>
    ));
  });
}

/** The end of a drawing, as much as fits. */
function drawn(drawing: string, room: number): string {
  return room > 3 && drawing !== '' ? `  ${drawing.slice(-room)}` : '';
}
