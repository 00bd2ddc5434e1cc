/** What `npm run gpu-report` writes: the JSON as it is, and the same as a page. */
import type { BenchResult } from '../../bench/measure.js';
import type { DevicePeaks } from '../../bench/webgpuPeaks.js';

export interface KernelFigures {
  readonly name: string;
  /** Shapes of its inputs. */
  readonly inputs: readonly (readonly number[])[];
  readonly dispatches: number;
  /** From buffer to buffer, without a shader. */
  readonly copies: number;
  readonly seconds: number;
  /** Sizes of all tensors that its dispatches read or write, and of its copies. */
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** Null if it is no convolution. */
  readonly flops: number | null;
}

export interface KernelsResult {
  readonly peaks: DevicePeaks;
  /** The longest first. */
  readonly kernels: readonly KernelFigures[];
}

export interface MemoryUse {
  readonly tensors: number;
  /** Null if the engine does not know. */
  readonly deviceBytes: number | null;
  readonly allocatedDeviceBytes: number | null;
  readonly residentBytes: number;
}

export interface LeakResult {
  readonly steps: number;
  readonly before: MemoryUse;
  readonly after: MemoryUse;
}

export interface ParityLine {
  readonly case: string;
  readonly passed: boolean;
  readonly compared: number;
  readonly largestToleranceUsed: number;
}

/** The outcome of a part, which runs in a process of its own: a device that fails takes only that part with it. */
export type Outcome<T> =
  | { readonly ok: true; readonly seconds: number; readonly result: T }
  | { readonly ok: false; readonly seconds: number; readonly problem: string };

export interface EngineFigures {
  readonly engine: string;
  readonly description: string;
  /** Whether the device is emulated by the processor. */
  readonly isSoftware: boolean;
  readonly doctor: Outcome<object>;
  readonly parity: Outcome<readonly ParityLine[]>;
  /** Null if the engine has no kernels of ours. */
  readonly kernels: Outcome<KernelsResult> | null;
  readonly steps: readonly Outcome<BenchResult>[];
  readonly leak: Outcome<LeakResult>;
}

export interface GpuReport {
  readonly version: string;
  readonly date: string;
  readonly machine: string;
  /** Whether sizes were reduced, so that times do not compare with those of other reports. */
  readonly isQuick: boolean;
  /** Which recorded cases were compared. */
  readonly cases: string;
  readonly engines: readonly EngineFigures[];
}

type Row = readonly (string | number)[];

const table = (head: Row, rows: readonly Row[]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const rounded = (value: number) => Number(value.toPrecision(3)).toString();
const giga = (value: number | null) => (value === null ? '' : rounded(value / 1e9));
const mebibytes = (bytes: number | null) => (bytes === null ? 'unknown' : rounded(bytes / 2 ** 20));

/** The text of what a part found, or why it found nothing. */
function textOf<T>(outcome: Outcome<T>, words: (result: T) => string): string {
  return outcome.ok
    ? words(outcome.result)
    : `**Failed** after ${rounded(outcome.seconds)} s: ${outcome.problem}`;
}

function kernelsText({ peaks, kernels }: KernelsResult): string {
  const rows = kernels.map(({ name, inputs, dispatches, copies, seconds, bytesPerSecond, flops }) => {
    const largest = [...inputs].sort((a, b) => sizeOf(b) - sizeOf(a))[0] ?? [];
    return [
      name,
      `[${largest}]`,
      dispatches,
      copies,
      rounded(1000 * seconds),
      giga(bytesPerSecond),
      giga(flops),
    ];
  });
  return [
    `The device copies ${giga(peaks.copyBytesPerSecond)} GB/s and computes ${giga(peaks.fmaFlops)} GFLOP/s in multiply-adds.`,
    table(['kernel', 'largest input', 'dispatches', 'copies', 'ms', 'GB/s', 'GFLOP/s'], rows),
  ].join('\n\n');
}

export const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

function stepRow(step: Outcome<BenchResult>): Row {
  if (!step.ok) return [`failed: ${step.problem}`, '', '', '', '', '', '', ''];
  const { config, batch, secondsPerStep, convolutionFlops, efficiency, ...more } = step.result;
  const device = more.deviceTraffic;
  const percent = (share: number | null) => (share === null ? '' : `${(100 * share).toFixed(1)} %`);
  return [
    ...[config, batch, rounded(1000 * secondsPerStep.min), device?.dispatches ?? ''],
    device ? rounded((device.bytesRead + device.bytesWritten) / 1e6) : '',
    ...[giga(convolutionFlops), percent(more.bandwidthShare), percent(efficiency)],
  ];
}

const stepHead = [
  'configuration',
  'batch',
  'ms',
  'dispatches',
  'MB',
  'GFLOP',
  'of the bandwidth',
  'of the FMA rate',
];

function leakText({ steps, before, after }: LeakResult): string {
  const row = (when: string, use: MemoryUse) => [
    ...[when, use.tensors, mebibytes(use.deviceBytes), mebibytes(use.allocatedDeviceBytes)],
    mebibytes(use.residentBytes),
  ];
  const head = ['', 'tensors', 'MiB in use on the device', 'MiB allocated there', 'MiB of the process'];
  return table(head, [row('before', before), row(`${steps} steps later`, after)]);
}

function parityText(lines: readonly ParityLine[]): string {
  const rows = lines.map(({ case: name, passed, compared, largestToleranceUsed }) => {
    return [name, passed ? 'passed' : '**failed**', compared, rounded(largestToleranceUsed)];
  });
  return table(['case', 'result', 'numbers', 'largest part of a tolerance'], rows);
}

function engineText(figures: EngineFigures): string {
  const { engine, description, isSoftware, parity, kernels, steps, leak } = figures;
  return [
    `## ${engine}: ${description}`,
    ...(isSoftware ? ['**This is a software device, not a GPU. Its times say nothing about a card.**'] : []),
    '### Parity with PyTorch',
    textOf(parity, parityText),
    '### Training steps',
    table(stepHead, steps.map(stepRow)),
    ...(kernels ? ['### Kernels, on the largest inputs of a step', textOf(kernels, kernelsText)] : []),
    '### Memory over many steps',
    textOf(leak, leakText),
  ].join('\n\n');
}

/** Returns the report as a page of Markdown. */
export function pageOf({ version, date, machine, isQuick, cases, engines }: GpuReport): string {
  return [
    '# GPU report',
    `rx-nvae ${version}, ${date}, ${machine}. ${cases}`,
    ...(isQuick ? ['**Quick: small sizes. The times do not compare with those of other reports.**'] : []),
    ...engines.map(engineText),
    '',
  ].join('\n\n');
}
