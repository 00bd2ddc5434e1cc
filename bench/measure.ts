/** Measures one training configuration; see bench.ts for how to run it. */

import type { EngineInfo } from '../src/engine/index.js';
import { loadAddon } from '../src/engine/native/loadAddon.js';
import { profileKernels } from '../src/engine/profile.js';
import { noiseImages } from '../src/streams/plan/noiseImages.js';
import type { Trainer } from '../src/training/trainer.js';
import { median } from './median.js';
import type { NativeTime } from './nativeTime.js';
import type { Traffic, TrafficMeter } from './tensorflowTraffic.js';
import { devicePeaks } from './webgpuPeaks.js';
import type { DeviceMeter, DeviceTraffic } from './webgpuTraffic.js';

export interface BenchResult {
  readonly config: string;
  readonly batch: number;
  readonly engine: string;
  readonly threads: number | null;
  readonly simd: string | null;
  readonly secondsPerStep: { readonly min: number; readonly median: number };
  readonly imagesPerSecond: number;
  /** Number of floating-point operations in all convolutions of one step: forward, input gradient and filter gradient. */
  readonly convolutionFlops: number;
  /**
   * Peak rate in registers only: of all threads together, measured between the steps, on native; of the device on webgpu; null on other
   * engines.
   */
  readonly peakFmaFlops: number | null;
  /** convolutionFlops / (shortest step * peakFmaFlops). */
  readonly efficiency: number | null;
  /** Of a copy in the device's memory, read and written bytes; null if the engine is not webgpu. */
  readonly copyBytesPerSecond: number | null;
  /** Bytes that the last step read and wrote / (shortest step * copyBytesPerSecond). */
  readonly bandwidthShare: number | null;
  /** Seconds of the shortest step outside native code; null if the engine is not native. */
  readonly secondsOutsideKernels: number | null;
  readonly peakRssBytes: number;
  readonly secondsForNineSamples: number;
  /** Traffic of the last measured step; null if the engine is not tensorflow. */
  readonly traffic: Traffic | null;
  /** What the last measured step asked of the device; null if the engine is not webgpu. */
  readonly deviceTraffic: DeviceTraffic | null;
  /** Of the warm-up step, which compiles all pipelines; null if the engine is not webgpu. */
  readonly firstStep: Pick<DeviceTraffic, 'pipelines' | 'compileSeconds'> | null;
  readonly kernels: readonly { readonly name: string; readonly calls: number; readonly seconds: number }[];
}

/** What counts while the steps run; null where the engine is another one. */
interface Meters {
  readonly native: NativeTime | null;
  readonly traffic: TrafficMeter | null;
  readonly device: DeviceMeter | null;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/**
 * Times `steps` training steps after a warm-up step, the peak FMA rate between them (so that both see the same state of the
 * machine), nine samples, and the kernels of one more step.
 */
export async function measure(
  trainer: Trainer,
  engine: EngineInfo,
  batch: number,
  steps: number,
  { native, traffic, device }: Meters,
): Promise<BenchResult> {
  const images = noiseImages(trainer.config.model, batch);
  const addon = engine.name === 'native' ? loadAddon() : null;
  const step = () => trainer.step(images, 0);
  await step();
  const firstStep = device?.take() ?? null;
  const stepSeconds: number[] = [];
  const outside: number[] = [];
  let peak = addon?.peakFma(0.2) ?? null;
  for (let i = 0; i < steps; i++) {
    native?.take();
    traffic?.take();
    device?.take();
    const seconds = await secondsOf(step);
    stepSeconds.push(seconds);
    if (native && addon) outside.push(seconds - native.take());
    if (addon) peak = Math.max(peak ?? 0, addon.peakFma(0.1));
  }
  const ofLastStep = traffic?.take() ?? null;
  const deviceTraffic = device?.take() ?? null;
  const peaks = device ? await devicePeaks() : null;
  peak ??= peaks?.fmaFlops ?? null;
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  const sampleSeconds: number[] = [];
  // The native engine replays from the third on.
  for (let i = 0; i < 8; i++)
    sampleSeconds.push(await secondsOf(() => trainer.sampleImages(9, 0.7, { iterations: 0 })));
  const profile = await profileKernels(step);
  const min = Math.min(...stepSeconds);
  return {
    config: trainer.config.name,
    batch,
    engine: engine.name,
    threads: engine.threads ?? null,
    simd: engine.simd ?? null,
    secondsPerStep: { min, median: median(stepSeconds) },
    imagesPerSecond: batch / min,
    convolutionFlops: profile.convolutionFlops,
    peakFmaFlops: peak,
    efficiency: peak === null ? null : profile.convolutionFlops / (min * peak),
    copyBytesPerSecond: peaks?.copyBytesPerSecond ?? null,
    bandwidthShare:
      peaks && deviceTraffic
        ? (deviceTraffic.bytesRead + deviceTraffic.bytesWritten) / (min * peaks.copyBytesPerSecond)
        : null,
    secondsOutsideKernels: outside.length > 0 ? Math.min(...outside) : null,
    peakRssBytes,
    secondsForNineSamples: Math.min(...sampleSeconds),
    traffic: ofLastStep,
    deviceTraffic,
    firstStep,
    kernels: profile.kernels,
  };
}
