/** Whether a value is a Uint8Array, also of another realm: that is not an instance of this realm's class. */
export function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]';
}
