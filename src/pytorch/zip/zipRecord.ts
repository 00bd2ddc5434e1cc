/** One record of a zip archive, as the directory describes it. */
export interface ZipRecord {
  readonly name: string;
  readonly isCompressed: boolean;
  readonly crc: number;
  /** Bytes in the archive. */
  readonly storedSize: number;
  /** Bytes of the content. */
  readonly size: number;
  /** Position of its local header. */
  readonly begin: number;
  /** Position of the next record or of the directory: nothing of this record is there or beyond. */
  readonly limit: number;
}
