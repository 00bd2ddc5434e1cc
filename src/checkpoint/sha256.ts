/** An incremental SHA-256. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** The hash of all bytes, as hexadecimal digits. */
  digest(): string;
}
