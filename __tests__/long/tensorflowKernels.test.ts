/**
 * Every kernel that the model runs, and every geometry of a convolution, on libtensorflow as on the cpu engine. Needs tfjs-node and a
 * libtensorflow (docs/engines.md says how to get them); in a process of its own, because their typed arrays are foreign to jest's realm.
 */
import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { findPackage } from '../../src/engine/tensorflow/findPackage.js';

interface Distance {
  readonly kernel: string;
  readonly distance: number | null;
  readonly problem?: string;
}

interface Outcome {
  readonly onCpu: readonly Distance[];
  readonly forGpu: readonly Distance[];
  readonly warnings: number;
  readonly left: { readonly tensors: number; readonly buffers: number };
}

const isThere = findPackage() !== null;
if (!isThere) process.stderr.write('tensorflow is not tested: tfjs-node is not installed\n');

function run(onednn: '0' | '1'): Outcome {
  const printed = execFileSync(
    process.execPath,
    ['--import', 'tsx', '__tests__/support/tensorflowKernels.ts'],
    {
      env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: onednn, TF_CPP_MIN_LOG_LEVEL: '2' },
      encoding: 'utf8',
      timeout: 200_000,
      maxBuffer: 2 ** 24,
    },
  );
  return JSON.parse(printed) as Outcome;
}

const farther = (distances: readonly Distance[]) =>
  distances.filter(({ distance }) => distance === null || distance > 4e-6);
const ofName = (distances: readonly Distance[], name: RegExp) =>
  distances.filter(({ kernel }) => name.test(kernel));

(isThere ? describe : describe.skip).each(['0', '1'] as const)(
  'tensorflow with TF_ENABLE_ONEDNN_OPTS=%s',
  (onednn) => {
    let outcome: Outcome;
    beforeAll(() => {
      outcome = run(onednn);
    }, 220_000);

    test('convolutions with padding in numbers, strides of 2 and their gradients are those of the cpu engine', () => {
      const ofConvolutions = ofName(outcome.onCpu, /Conv2d/i);
      for (const name of ['Conv2D', 'DepthwiseConv2dNative']) {
        for (const kernel of [name, `${name}BackpropInput`, `${name}BackpropFilter`]) {
          const some = ofName(ofConvolutions, new RegExp(`^${kernel} .*"strides":2,"pad":1`));
          expect(some.length).toBeGreaterThan(2);
        }
      }
      expect(farther(ofConvolutions)).toEqual([]);
    });

    test('so are those chosen for a GPU', () => {
      expect(outcome.forGpu.length).toBeGreaterThan(300);
      expect(farther(outcome.forGpu)).toEqual([]);
    });

    test('so is every kernel that training and sampling execute', () => {
      const names = new Set(outcome.onCpu.map(({ kernel }) => kernel.split(' ')[0]));
      expect(names.size).toBeGreaterThan(70);
      expect(farther(outcome.onCpu)).toEqual([]);
    });

    test('none leaves a tensor behind or warns', () => {
      expect(outcome.left).toEqual({ tensors: 0, buffers: 0 });
      expect(outcome.warnings).toBe(0);
    });
  },
);
