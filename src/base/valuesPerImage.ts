/**
 * The number of values of an image: its pixels times their colours.
 * @param model configuration of the model; from an earlier version it has no `imageChannels`, which was always 3
 */
export function valuesPerImage({
  inputDimension,
  imageChannels = 3,
}: {
  readonly inputDimension: number;
  readonly imageChannels?: number;
}): number {
  return imageChannels * inputDimension ** 2;
}
