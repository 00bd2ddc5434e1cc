/** An image cannot be decoded, however often it is read; the message tells users why. */
export class DamagedImageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DamagedImageError';
  }
}
