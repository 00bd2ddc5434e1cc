/** Measures the steps of a configuration. For a process of its own, whose memory is that of these steps. */
import type { NvaeConfig } from '../../config/types.js';
import { useEngine } from '../../engine/index.js';
import { Trainer } from '../../training/trainer.js';
import { noiseImages } from './noiseImages.js';

/** What to measure. */
export interface MeasurementRequest {
  readonly config: NvaeConfig;
  readonly engine: string;
  readonly batchSize: number;
}

/** What steps with one batch size take. */
export interface Measurement {
  readonly batchSize: number;
  /** The median, after a first step that takes memory. */
  readonly secondsPerStep: number;
  /** Evaluating these images without training on them. */
  readonly secondsPerEvaluation: number;
  /** Largest resident memory of the process, which also makes samples as previews do. */
  readonly peakBytes: number;
  readonly engine: string;
  readonly engineDescription: string;
}

const [fewestSteps, mostSteps, leastSeconds] = [3, 20, 1];

/** Samples in a preview. */
const previewed = 9;

/** @throws EngineUnavailableError, RangeError */
export async function measureSteps(request: MeasurementRequest): Promise<Measurement> {
  const { config, batchSize } = request;
  const engine = await useEngine(request.engine);
  await using trainer = await Trainer.create(config);
  const images = noiseImages(config.model, batchSize);
  await trainer.step(images, 0);
  const seconds: number[] = [];
  const isEnough = () => seconds.reduce((sum, one) => sum + one, 0) >= leastSeconds;
  while (seconds.length < fewestSteps || (seconds.length < mostSteps && !isEnough())) {
    seconds.push((await trainer.step(images, 0)).seconds);
  }
  const begin = performance.now();
  await trainer.evaluate({ ...images, names: Array.from({ length: batchSize }, (_, i) => String(i)) });
  const secondsPerEvaluation = (performance.now() - begin) / 1000;
  await trainer.sampleImages(previewed, 0.7, { iterations: 1 });
  const peakBytes = 1024 * process.resourceUsage().maxRSS;
  const measured = { batchSize, secondsPerStep: median(seconds), secondsPerEvaluation, peakBytes };
  return { ...measured, engine: engine.name, engineDescription: engine.description };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
