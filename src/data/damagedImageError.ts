/** An image will not decode, however often it is read; the message says why, for people. */
export class DamagedImageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DamagedImageError';
  }
}
