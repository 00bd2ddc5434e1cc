import { cut, printable } from '../base/messageText.js';

/** The latents of an image are not finite: the model's activations exceed the range of a float, or an edit went wrong. */
export class NonFiniteLatentsError extends Error {
  /** Name of the image. */
  readonly image: string;
  /** The latent group, from 0. */
  readonly group: number;

  constructor(image: string, group: number, value: number) {
    const remedy = 'try an earlier checkpoint, or correct what changed the latents';
    super(`latents of "${cut(printable(image))}": latent group ${group} contains ${value}; ${remedy}`);
    this.name = 'NonFiniteLatentsError';
    this.image = image;
    this.group = group;
  }
}
