/** Log probability under mixtures, and their means; src/model/distributions has the formulas. */
import type { Addon } from '../addon.js';
import { type NativeKernel, nativeKernel } from '../kernel.js';

interface Mixture {
  /** Name of the forward kernel. */
  readonly name: string;
  /** Parameters of a component. */
  readonly parameters: number;
  /** The addon's number of the distribution; of the one with the attribute `normalized`. */
  readonly kinds: readonly [kind: number, normalized: number];
}

const mixtures: readonly Mixture[] = [
  { name: 'GaussianMixtureLogProb', parameters: 3, kinds: [0, 0] },
  { name: 'LogisticMixtureLogProb', parameters: 3, kinds: [1, 2] },
  { name: 'JointLogisticMixtureLogProb', parameters: 10, kinds: [3, 4] },
];

/** Kernels and the addon's numbers of their distributions. */
const means = { GaussianMixtureMean: 0, LogisticMixtureMean: 1 } as const;

export function mixtureKernels(addon: Addon): NativeKernel[] {
  return [...logProbKernels(addon), ...meanKernels(addon)];
}

function meanKernels(addon: Addon): NativeKernel[] {
  return Object.entries(means).map(([name, kind]) =>
    nativeKernel(name, ({ parameters }, _attributes, backend) => {
      const [rows, width] = parameters!.shape as [number, number];
      const y = backend.floatOutput([rows]);
      addon.mixtureMean(kind, rows, width / 3, backend.floats(parameters!), y.values);
      return y.info;
    }),
  );
}

function logProbKernels(addon: Addon): NativeKernel[] {
  return mixtures.flatMap(({ name, parameters: perComponent, kinds: [plain, normalized] }) => {
    const kindOf = (attributes: { readonly normalized?: unknown }) =>
      attributes.normalized === true ? normalized : plain;
    const forward = nativeKernel(name, ({ parameters, x }, attributes, backend) => {
      const [rows, width] = parameters!.shape as [number, number];
      const y = backend.floatOutput([rows]);
      addon.mixtureLogProb(
        ...([kindOf(attributes), rows, width / perComponent] as const),
        ...([backend.floats(parameters!), backend.floats(x!), y.values] as const),
      );
      return y.info;
    });
    const gradient = nativeKernel(`${name}Grad`, ({ dy, parameters, x }, attributes, backend) => {
      const [rows, width] = parameters!.shape as [number, number];
      const dparameters = backend.floatOutput([rows, width]);
      addon.mixtureLogProbGradient(
        ...([kindOf(attributes), rows, width / perComponent] as const),
        ...([backend.floats(parameters!), backend.floats(x!)] as const),
        ...([backend.floats(dy!), dparameters.values] as const),
      );
      return [dparameters.info];
    });
    return [forward, gradient];
  });
}
