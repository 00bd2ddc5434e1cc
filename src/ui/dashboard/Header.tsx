import { Box, Text } from 'ink';
import { barOnTrack } from '../blockCharacters.js';
import { clock, count, duration, figure, percent } from '../format.js';
import { cut, filled, fitting, widthOf } from '../text.js';
import { batchOf, progressOf, type RunView, speed } from './runView.js';

export interface HeaderProps {
  readonly view: RunView;
  /** Name of the run, without control characters. */
  readonly name: string;
  /** Current time in milliseconds since 1970. */
  readonly now: number;
  readonly columns: number;
  /** Whether the run was asked to end and has not ended yet. */
  readonly ending: boolean;
}

/** Two lines with the name, state, progress and speed of the run. */
export function Header(props: HeaderProps) {
  const { view, columns } = props;
  const { left, badge, facts, right } = firstLine(props);
  const { epoch, run } = progressOf(view);
  const width = Math.max(6, Math.min(30, Math.floor(columns / 8)));
  const bars = [
    run === null ? '' : `run ${barOnTrack(run, width)} ${percent(run)}`,
    `epoch ${barOnTrack(epoch, width)} ${percent(epoch)}`,
  ];
  return (
    <Box flexDirection="column">
      <Text wrap="truncate">
        <Text bold>{left}</Text>
        {badge && <Text inverse>{badge}</Text>}
        <Text dimColor>{facts}</Text>
        {right}
      </Text>
      <Text wrap="truncate">{fitting([...bars.filter(Boolean), ...numbersOf(view)], columns)}</Text>
    </Box>
  );
}

/** The parts of the first line, which together fill it. */
function firstLine({ view, name, now, columns, ending }: HeaderProps) {
  const { started, ended } = view;
  const status = ending && !ended ? 'STOPPING' : badges[view.status];
  const badge = status && ` ${status} `;
  const left = cut(` rx-nvae ${name} `, Math.max(12, columns - badge.length - 12));
  const taken = widthOf(left) + badge.length;
  const right = `${fitting(timesOf(view, now), columns - taken - 1)} `;
  const summary = started
    ? [
        `${started.engine} · ${started.engineDescription.replaceAll(', ', ' · ')}`,
        `${(started.parameters / 1e6).toFixed(1)} M parameters · ${started.config.model.samplingMethod} · batch ${started.batchSize}`,
      ]
    : [];
  const room = Math.max(0, columns - taken - widthOf(right));
  return { left, badge, facts: filled(fitting(summary, room - 2), room), right };
}

/** Position and times of the run, the most important first. */
function timesOf(view: RunView, now: number): string[] {
  const { started, step, ended } = view;
  const { secondsLeft } = progressOf(view);
  const until = ended?.time ?? (view.status === 'gone' ? (step?.time ?? now) : now);
  const of = started && started.epochs !== -1 ? `/${started.epochs}` : '';
  return [
    started && step ? `epoch ${step.epoch + 1}${of}` : '',
    started ? clock((until - started.time) / 1000) : '',
    secondsLeft === null || ended ? '' : `${duration(secondsLeft)} left`,
  ];
}

function numbersOf(view: RunView): string[] {
  const { step } = view;
  if (!step) return [];
  const rate = speed(view.history);
  return [
    `step ${count(step.step)}`,
    `batch ${batchOf(view)}`,
    rate === null ? '' : `${figure(rate)} images/s`,
    `lr ${figure(step.learningRate)}`,
    `KL weight ${step.klCoefficient.toFixed(2)}`,
  ];
}

const badges: Record<RunView['status'], string> = {
  opening: 'OPENING',
  training: '',
  paused: 'PAUSED',
  crashed: 'CRASHED, RESTARTING',
  finished: 'FINISHED',
  stopped: 'STOPPED',
  failed: 'FAILED',
  gone: 'PROCESS GONE',
};
