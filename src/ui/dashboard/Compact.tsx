import { Text } from 'ink';
import { figure, percent } from '../format.js';
import { inLines, wrapped } from '../text.js';
import { quitQuestion } from './keyTable.js';
import { assess, validationText } from './overfitting.js';
import { progressOf, type RunView } from './runView.js';

export interface CompactProps {
  readonly view: RunView;
  readonly name: string;
  readonly quitting: boolean;
  readonly message: string;
  readonly columns: number;
  /** Number of available lines. */
  readonly rows: number;
}

/** A run in a few lines, on a terminal that is too small for anything else; the most important first. */
export function Compact(props: CompactProps) {
  return compactLines(props).map((line, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a line is identified by its position
    <Text key={i} wrap="truncate">
      {line}
    </Text>
  ));
}

function compactLines({ view, name, quitting, message, columns, rows }: CompactProps): string[] {
  if (quitting) return inLines(quitQuestion, columns, rows);
  const { step, status, started, history, validations } = view;
  const { run, epoch } = progressOf(view);
  const loss = history.at(-1)?.values.loss;
  const assessment = assess(validations);
  const of = started && started.epochs !== -1 ? `/${started.epochs}` : '';
  const parts = [
    status === 'training' ? '' : status.toUpperCase(),
    step ? `epoch ${step.epoch + 1}${of}` : '',
    step ? percent(run ?? epoch) : '',
    loss === undefined ? '' : `loss ${figure(loss)}`,
    assessment?.overfits ? '! over-fitting' : '',
    assessment ? `validation ${validationText(assessment)}` : '',
    name,
  ];
  const lines = [...wrapped(message, columns, rows), ...inLines(parts, columns, rows)];
  return [...lines, ...inLines(['too small for the dashboard', 'q quit'], columns, rows)].slice(0, rows);
}
