import { Box, Text } from 'ink';
import { progressBar } from '../bars.js';
import { clock, count, duration, figure, fitting, percent } from '../format.js';
import { batchOf, progressOf, type RunView, speed } from './runView.js';

export interface HeaderProps {
  readonly view: RunView;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly columns: number;
  /** Whether the run was asked to end and has not yet. */
  readonly ending: boolean;
}

/** Two lines that tell the run's health: who and where it is, how far, how fast. */
export function Header({ view, name, now, columns, ending }: HeaderProps) {
  const { started, step, ended } = view;
  const { epoch, run, secondsLeft } = progressOf(view);
  const until = ended?.time ?? (view.status === 'gone' ? (step?.time ?? now) : now);
  const elapsed = started ? clock((until - started.time) / 1000) : '';
  const left = secondsLeft === null || ended ? '' : `${duration(secondsLeft)} left`;
  const epochs =
    started && step ? `epoch ${step.epoch + 1}${started.epochs === -1 ? '' : `/${started.epochs}`}` : '';
  const rate = speed(view.history);
  const width = Math.max(6, Math.min(30, Math.floor(columns / 8)));
  const bars = [
    run === null ? '' : `run ${progressBar(run, width)} ${percent(run)}`,
    `epoch ${progressBar(epoch, width)} ${percent(epoch)}`,
  ];
  const numbers = step
    ? [
        `step ${count(step.step)}`,
        `batch ${batchOf(view)}`,
        rate === null ? '' : `${figure(rate)} images/s`,
        `lr ${figure(step.learningRate)}`,
        `KL weight ${step.klCoefficient.toFixed(2)}`,
      ]
    : [];
  const engine = started ? `${started.engine} · ${started.engineDescription.replaceAll(', ', ' · ')}` : '';
  const summary = started
    ? `${(started.parameters / 1e6).toFixed(1)} M parameters · ${started.config.model.samplingMethod} · batch ${started.batchSize}`
    : '';
  const status = ending && !ended ? 'STOPPING' : badges[view.status];
  return (
    <Box flexDirection="column">
      <Box justifyContent="space-between" width={columns}>
        <Text wrap="truncate">
          <Text bold> rx-nvae {name} </Text>
          {status && <Text inverse>{` ${status} `}</Text>}
          <Text dimColor>{fitting([engine, summary], columns - name.length - 50)}</Text>
        </Text>
        <Text>{`${fitting([epochs, elapsed, left], columns - name.length - 14)} `}</Text>
      </Box>
      <Text wrap="truncate">{fitting([...bars.filter(Boolean), ...numbers], columns)}</Text>
    </Box>
  );
}

const badges: Record<RunView['status'], string> = {
  opening: 'OPENING',
  training: '',
  paused: 'PAUSED',
  crashed: 'CRASHED, STARTS AGAIN',
  finished: 'FINISHED',
  stopped: 'STOPPED',
  failed: 'FAILED',
  gone: 'ENDED WITHOUT A WORD',
};
