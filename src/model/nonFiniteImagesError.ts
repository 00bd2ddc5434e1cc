/** A model that gives images which are no numbers: its activations have grown beyond what a float can hold. */
export class NonFiniteImagesError extends Error {
  constructor(damaged: number, batch: number) {
    const advice =
      'If its batch norm was re-adjusted, try fewer iterations (0: none), more images at a time, or a temperature ' +
      'nearer to 1; else an earlier checkpoint';
    super(`images: expected colours that are finite, got NaN in ${damaged} of ${batch}. ${advice}`);
    this.name = 'NonFiniteImagesError';
  }
}
