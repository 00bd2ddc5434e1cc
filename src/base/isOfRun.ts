/** What the names of tensors begin with that belong to a run, not to its model. */
const prefixes = ['adamax.', 'spectral.'];

/** Whether a tensor of a checkpoint belongs to the run (optimiser, power iterations of the regularisation), not to its model. */
export function isOfRun(name: string): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}
