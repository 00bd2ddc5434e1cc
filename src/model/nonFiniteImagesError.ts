/** The model produced non-finite images because its activations exceed the range of a float. */
export class NonFiniteImagesError extends Error {
  constructor(damaged: number, batch: number) {
    const advice =
      'If the batch norm was re-adjusted, try fewer iterations (0 for none), more images at a time, or a temperature ' +
      'nearer to 1; otherwise, try an earlier checkpoint';
    super(`images: ${damaged} of ${batch} have non-finite colours. ${advice}`);
    this.name = 'NonFiniteImagesError';
  }
}
