/**
 * Part of `npm run gpu-report`: makes training steps on webgpu, then times each of our own kernels alone, on the largest inputs that it had
 * in a step. Prints one JSON array.
 */
import { devicePeaks, deviceSeconds } from '../../bench/webgpuPeaks.js';
import { type DeviceMeter, watchDevice } from '../../bench/webgpuTraffic.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import { useEngine } from '../../src/engine/index.js';
import { convolutionFlopsOf } from '../../src/engine/profile.js';
import * as tf from '../../src/engine/tf.js';
import { webgpuKernels } from '../../src/engine/webgpu/kernels/register.js';
import { releaseGpu } from '../../src/engine/webgpu/loader.js';
import { noiseImages } from '../../src/streams/plan/noiseImages.js';
import { Trainer } from '../../src/training/trainer.js';
import { type KernelFigures, type KernelsResult, sizeOf } from './report.js';

/** What a kernel was called with. */
interface Call {
  readonly kernel: tf.KernelConfig;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly attributes: tf.NamedAttrMap | undefined;
}

const valuesOf = (call: Call) => Object.values(call.shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);

/** Notes the call of each kernel with the most values while the work runs. */
async function largestCalls(work: () => Promise<unknown>): Promise<Map<string, Call>> {
  const calls = new Map<string, Call>();
  const kernels = webgpuKernels.map(({ name }) => tf.getKernel(name, 'webgpu'));
  const replace = (each: tf.KernelConfig) => {
    tf.unregisterKernel(each.kernelName, each.backendName);
    tf.registerKernel(each);
  };
  for (const kernel of kernels) {
    const kernelFunc: tf.KernelFunc = (parameters) => {
      const shapes = Object.entries(parameters.inputs).flatMap(([name, tensor]) =>
        tensor ? [[name, [...tensor.shape]] as const] : [],
      );
      const call = { kernel, shapes: Object.fromEntries(shapes), attributes: parameters.attrs };
      const known = calls.get(kernel.kernelName);
      if (!known || valuesOf(call) > valuesOf(known)) calls.set(kernel.kernelName, call);
      return kernel.kernelFunc(parameters);
    };
    replace({ ...kernel, kernelFunc });
  }
  await work();
  kernels.forEach(replace);
  return calls;
}

/** Values between 0.1 and 1: variances must be positive. */
function positive(shape: readonly number[]): tf.Tensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => 0.1 + ((i * 37) % 91) / 101);
  return tf.tensor(values, [...shape]);
}

async function timed({ kernel, shapes, attributes }: Call, meter: DeviceMeter): Promise<KernelFigures> {
  const tensors = Object.entries(shapes).map(([name, shape]) => [name, positive(shape)] as const);
  const backend = tf.backend();
  const parameters = {
    inputs: Object.fromEntries(tensors),
    backend,
    ...(attributes && { attrs: attributes }),
  };
  let flops = 0;
  const run = () => {
    const outputs = kernel.kernelFunc(parameters);
    flops = convolutionFlopsOf(kernel.kernelName, parameters, outputs);
    for (const { dataId } of [outputs].flat()) backend.disposeData(dataId);
  };
  run();
  meter.take();
  run();
  const { bytesRead, bytesWritten, dispatches, copies } = meter.take();
  const seconds = await deviceSeconds(run);
  tf.dispose(tensors.map(([, tensor]) => tensor));
  const bytes = bytesRead + bytesWritten;
  const rates = { bytesPerSecond: bytes / seconds, flops: flops > 0 ? flops / seconds : null };
  const counts = { dispatches, copies, bytes };
  return { name: kernel.kernelName, inputs: Object.values(shapes), ...counts, seconds, ...rates };
}

const [config = 'demo', batch = '1', ...overrides] = process.argv.slice(2);
await useEngine('webgpu');
const trainer = await Trainer.create(await loadConfig(config, { overrides }));
const images = noiseImages(trainer.config.model, Number(batch));
await trainer.step(images, 0);
const calls = await largestCalls(() => trainer.step(images, 0));
await trainer.dispose();
const meter = watchDevice();
const kernels: KernelFigures[] = [];
for (const call of calls.values()) kernels.push(await timed(call, meter));
kernels.sort((a, b) => b.seconds - a.seconds);
console.log(JSON.stringify({ peaks: await devicePeaks(), kernels } satisfies KernelsResult));
releaseGpu();
