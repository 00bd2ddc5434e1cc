/** The names of averaged tensors in a checkpoint begin with it; the rest is the name of the tensor itself. */
export const emaPrefix = 'ema.';
