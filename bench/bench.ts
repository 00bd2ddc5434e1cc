/**
 * Measures the speed of the complete training step and of sampling, and where the time goes.
 *
 *     npm run bench -- --config logistic_mixture10latent --batch 8 --steps 5 --engine native --json
 */
import { Command } from 'commander';
import { loadConfig } from '../src/config/loadConfig.js';
import { useEngine } from '../src/engine/index.js';
import { Trainer } from '../src/training/trainer.js';
import { type BenchResult, measure } from './measure.js';
import { watchNativeTime } from './nativeTime.js';
import { type Copies, type Traffic, watchTraffic } from './tensorflowTraffic.js';
import { type DeviceTraffic, watchDevice } from './webgpuTraffic.js';

interface BenchOptions {
  readonly config: string;
  readonly batch?: number;
  readonly steps: number;
  readonly set: readonly string[];
  readonly engine: string;
  readonly json?: boolean;
}

function outsideText({ secondsOutsideKernels: outside, secondsPerStep: { min } }: BenchResult): string {
  if (outside === null) return 'only measured on native';
  return `${(1000 * outside).toFixed(0)} ms, ${((100 * outside) / min).toFixed(1)} % of the step`;
}

function bandwidthRows(
  { copyBytesPerSecond: rate, bandwidthShare: share }: BenchResult,
  giga: (value: number) => string,
): [string, string][] {
  if (rate === null || share === null) return [];
  return [['copy bandwidth', `${giga(rate)}B/s, of which the step uses ${(100 * share).toFixed(1)} %`]];
}

function copiesText({ count, bytes }: Copies): string {
  return `${count} (${(bytes / 2 ** 20).toFixed(2)} MiB)`;
}

/** Traffic of the last step, per libtensorflow operation. */
function trafficRows({ executed, reads, uploads, operations }: Traffic): string[] {
  const names = operations.map(({ name, count, seconds }) => {
    return `  ${name.padEnd(36)} ${String(count).padStart(6)} ${seconds.toFixed(4).padStart(9)} s`;
  });
  return [
    `executed operations      ${executed}`,
    `read back                ${copiesText(reads)}`,
    `uploaded                 ${copiesText(uploads)}`,
    ...names,
  ];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2).padStart(10);
}

/** What the last step asked of the device, per operation. */
function deviceRows({ operations, ...total }: DeviceTraffic, first: BenchResult['firstStep']): string[] {
  const compiled = `${first?.pipelines} in the first step, in ${first?.compileSeconds.toFixed(1)} s; ${total.pipelines} in the last`;
  const used = operations.filter(({ dispatches }) => dispatches > 0);
  const lines = used.map(({ name, calls, dispatches, bytesRead, bytesWritten }) => {
    const counts = `${String(calls).padStart(6)} ${String(dispatches).padStart(6)}`;
    return `  ${name.padEnd(36)} ${counts} ${megabytes(bytesRead)} ${megabytes(bytesWritten)}`;
  });
  return [
    `dispatches               ${total.dispatches} in ${total.submits} submits, and ${total.copies} copies`,
    `read and written         ${megabytes(total.bytesRead).trim()} MB and ${megabytes(total.bytesWritten).trim()} MB`,
    `reads by the host        ${total.hostReads}`,
    `compiled pipelines       ${compiled}`,
    `  ${'operation'.padEnd(36)}  calls  disp.    MB read MB written`,
    ...lines,
  ];
}

function table(result: BenchResult): string {
  const { secondsPerStep, peakFmaFlops, efficiency } = result;
  const giga = (value: number) => `${(value / 1e9).toFixed(1)} G`;
  const engine = [result.engine, result.simd, result.threads && `${result.threads} threads`];
  const rows: [string, string][] = [
    ['configuration', `${result.config}, batch ${result.batch}`],
    ['engine', engine.filter(Boolean).join(', ')],
    ['seconds per step', `${secondsPerStep.min.toFixed(3)} min, ${secondsPerStep.median.toFixed(3)} median`],
    ['images per second', result.imagesPerSecond.toFixed(1)],
    ['convolutions per step', `${giga(result.convolutionFlops)}FLOP`],
    ['peak FMA rate', peakFmaFlops === null ? 'not measured on this engine' : `${giga(peakFmaFlops)}FLOPS`],
    ['efficiency', efficiency === null ? 'unknown' : efficiency.toFixed(3)],
    ...bandwidthRows(result, giga),
    ['outside of kernels', outsideText(result)],
    ['peak resident memory', `${(result.peakRssBytes / 2 ** 20).toFixed(0)} MiB`],
    ['nine samples', `${result.secondsForNineSamples.toFixed(3)} s`],
  ];
  const total = result.kernels.reduce((sum, kernel) => sum + kernel.seconds, 0);
  const kernels = result.kernels.map(({ name, calls, seconds }) => {
    const share = ((100 * seconds) / total).toFixed(1).padStart(5);
    return `  ${name.padEnd(36)} ${String(calls).padStart(6)} ${seconds.toFixed(4).padStart(9)} s ${share} %`;
  });
  return [
    ...rows.map(([name, value]) => `${name.padEnd(24)} ${value}`),
    `one step in kernels      ${total.toFixed(3)} s`,
    ...kernels,
    ...(result.traffic ? trafficRows(result.traffic) : []),
    ...(result.deviceTraffic ? deviceRows(result.deviceTraffic, result.firstStep) : []),
  ].join('\n');
}

const options = new Command('bench')
  .option('--config <name>', 'configuration: a name or a path', 'demo')
  .option('--batch <number>', 'images per step (default: as configured)', Number)
  .option('--steps <number>', 'measured steps', Number, 5)
  .option('--engine <name>', 'compute engine', 'auto')
  .option(
    '--set <key=value>',
    'override a key of the configuration (repeatable)',
    (value, all: string[]) => [...all, value],
    [],
  )
  .option('--json', 'print one JSON object')
  .parse()
  .opts<BenchOptions>();

const native = watchNativeTime();
const engine = await useEngine(options.engine);
const config = await loadConfig(options.config, { overrides: options.set });
const trainer = await Trainer.create(config);
const traffic = engine.name === 'tensorflow' ? watchTraffic() : null;
const device = engine.name === 'webgpu' ? watchDevice() : null;
const result = await measure(trainer, engine, options.batch ?? config.training.batchSize, options.steps, {
  native,
  traffic,
  device,
});
trainer.dispose();
console.log(options.json ? JSON.stringify(result) : table(result));
