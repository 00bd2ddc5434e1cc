/** A SHA-256 that is being computed. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** Of all bytes, as hexadecimal digits. */
  digest(): string;
}
