/** Counts what the webgpu engine asks its device for: dispatches and their bytes, copies, submits, reads and compiled pipelines. */
import * as tf from '../src/engine/tf.js';
import type { Dispatch, Place } from '../src/engine/webgpu/guardedBackend.js';

/** What one operation asked for; an operation that other operations compose counts as one. */
export interface DeviceUse {
  readonly name: string;
  readonly calls: number;
  readonly dispatches: number;
  /** Sizes of all tensors that the dispatches read, and of those they write. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface DeviceTraffic {
  /** The most dispatches first. */
  readonly operations: readonly DeviceUse[];
  readonly dispatches: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly submits: number;
  /** Copies from buffer to buffer, except those of reads. */
  readonly copies: number;
  readonly hostReads: number;
  readonly pipelines: number;
  /** Spent in the calls that compile pipelines. */
  readonly compileSeconds: number;
}

export interface DeviceMeter {
  /** The traffic since the last call. */
  take(): DeviceTraffic;
}

type Method = (...args: never[]) => unknown;

/** The methods of the backend, the device and the engine through which everything passes. */
interface WatchedBackend {
  readonly tensorMap: { get(dataId: tf.DataId): { readonly resource?: object | null } };
  readonly device: {
    createComputePipeline: Method;
    createCommandEncoder: () => { copyBufferToBuffer: Method };
  };
  runShader(shader: object, dispatch: Dispatch): void;
  copyValues(from: Place, to: Place, count: number): void;
  runWebGPUProgram(program: object, inputs: readonly tf.TensorInfo[], ...more: unknown[]): tf.TensorInfo;
  submitQueue: Method;
  read: Method;
}

/** The dispatches of these operations share a tensor out among them, so it counts once. */
const inPieces: ReadonlySet<string | null> = new Set(['AdamaxInPlace', tf.SplitV]);

const bytesPerElement = 4;
const bytesOf = ({ shape }: tf.TensorInfo) => tf.util.sizeFromShape(shape) * bytesPerElement;
const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

class Counts {
  readonly operations = new Map<string, { -readonly [K in keyof Omit<DeviceUse, 'name'>]: number }>();
  submits = 0;
  copies = 0;
  hostReads = 0;
  pipelines = 0;
  compileSeconds = 0;

  of(name: string) {
    const known = this.operations.get(name) ?? { calls: 0, dispatches: 0, bytesRead: 0, bytesWritten: 0 };
    this.operations.set(name, known);
    return known;
  }

  traffic(): DeviceTraffic {
    const { submits, copies, hostReads, pipelines, compileSeconds } = this;
    const operations = [...this.operations].map(([name, use]) => ({ name, ...use }));
    operations.sort((a, b) => b.dispatches - a.dispatches);
    const total = (key: 'dispatches' | 'bytesRead' | 'bytesWritten') =>
      sum(operations.map((use) => use[key]));
    return {
      operations,
      ...{
        dispatches: total('dispatches'),
        bytesRead: total('bytesRead'),
        bytesWritten: total('bytesWritten'),
      },
      ...{ submits, copies: copies - hostReads, hostReads, pipelines, compileSeconds },
    };
  }
}

/** Calls `before` before every call of a method of the object. */
function watch(object: object, name: string, before: (...args: never[]) => void): void {
  const original = Reflect.get(object, name) as (...args: unknown[]) => unknown;
  Reflect.set(object, name, (...args: unknown[]) => {
    before(...(args as never[]));
    return original.apply(object, args);
  });
}

/** Starts counting on the webgpu engine, which must be in use, for the lifetime of the process. */
export function watchDevice(): DeviceMeter {
  const backend = tf.backend() as unknown as WatchedBackend;
  let counts = new Counts();
  let outermost: string | null = null;
  let counted = new Set<object>();

  const engine = tf.engine();
  const runKernel = engine.runKernel.bind(engine);
  Reflect.set(engine, 'runKernel', (name: string, ...rest: [tf.NamedTensorMap, tf.NamedAttrMap?]) => {
    if (outermost !== null) return runKernel(name, ...rest);
    outermost = name;
    counted = new Set();
    counts.of(name).calls += 1;
    try {
      return runKernel(name, ...rest);
    } finally {
      outermost = null;
    }
  });

  const uncounted = (tensors: readonly tf.TensorInfo[]) => {
    if (!inPieces.has(outermost)) return tensors;
    const fresh = tensors.filter(({ dataId }) => !counted.has(dataId));
    for (const { dataId } of fresh) counted.add(dataId);
    return fresh;
  };
  const count = (reads: readonly tf.TensorInfo[], writes: readonly tf.TensorInfo[]) => {
    const use = counts.of(outermost ?? 'outside of operations');
    use.dispatches += 1;
    use.bytesRead += sum(uncounted(reads).map(bytesOf));
    use.bytesWritten += sum(uncounted(writes).map(bytesOf));
  };
  const runProgram = backend.runWebGPUProgram.bind(backend);
  backend.runWebGPUProgram = (program, inputs, ...rest) => {
    const output = runProgram(program, inputs, ...rest);
    count(inputs, [output]);
    return output;
  };
  watch(backend, 'runShader', (_shader: object, { reads, writes }: Dispatch) => count(reads, writes));
  watch(backend, 'copyValues', (_from: Place, _to: Place, values: number) => {
    const use = counts.of(outermost ?? 'outside of operations');
    use.bytesRead += values * bytesPerElement;
    use.bytesWritten += values * bytesPerElement;
  });

  watch(backend, 'submitQueue', () => {
    counts.submits += 1;
  });
  watch(backend, 'read', (dataId: tf.DataId) => {
    if (backend.tensorMap.get(dataId).resource) counts.hostReads += 1;
  });
  const createEncoder = backend.device.createCommandEncoder.bind(backend.device);
  backend.device.createCommandEncoder = () => {
    const encoder = createEncoder();
    watch(encoder, 'copyBufferToBuffer', () => {
      counts.copies += 1;
    });
    return encoder;
  };
  const compile = backend.device.createComputePipeline.bind(backend.device) as (given: object) => unknown;
  backend.device.createComputePipeline = (given: object) => {
    const start = performance.now();
    const pipeline = compile(given);
    counts.pipelines += 1;
    counts.compileSeconds += (performance.now() - start) / 1000;
    return pipeline;
  };

  return {
    take() {
      const taken = counts.traffic();
      counts = new Counts();
      return taken;
    },
  };
}
