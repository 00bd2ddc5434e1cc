/** The constants of Adamax, as in the PyTorch implementation. */
export const adamaxSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-3 } as const;
