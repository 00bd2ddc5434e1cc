/** Log probability under mixtures; src/model/distributions has the formulas. */
import type { Addon } from '../addon.js';
import { type NativeKernel, nativeKernel } from '../kernel.js';

export function mixtureKernels(addon: Addon): NativeKernel[] {
  return ['Gaussian', 'Logistic'].flatMap((kind, logistic) => {
    const name = `${kind}MixtureLogProb`;
    const forward = nativeKernel(name, ({ parameters, x }, _attributes, backend) => {
      const [rows, width] = parameters!.shape as [number, number];
      const y = backend.floatOutput([rows]);
      addon.mixtureLogProb(
        ...([logistic, rows, width / 3] as const),
        ...([backend.floats(parameters!), backend.floats(x!), y.values] as const),
      );
      return y.info;
    });
    const gradient = nativeKernel(`${name}Grad`, ({ dy, parameters, x }, _attributes, backend) => {
      const [rows, width] = parameters!.shape as [number, number];
      const dparameters = backend.floatOutput([rows, width]);
      addon.mixtureLogProbGradient(
        ...([logistic, rows, width / 3] as const),
        ...([backend.floats(parameters!), backend.floats(x!)] as const),
        ...([backend.floats(dy!), dparameters.values] as const),
      );
      return [dparameters.info];
    });
    return [forward, gradient];
  });
}
