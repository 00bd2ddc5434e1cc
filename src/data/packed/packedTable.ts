/**
 * Rows of a name and some numbers, such as the members of an archive with their places: a million rows take the bytes of their names and
 * 8 bytes per number, where as many objects would take hundreds of megabytes.
 */

/** The rows, which do not change. */
export interface PackedTable {
  readonly length: number;
  /** Numbers in a row. */
  readonly columns: number;
  /** @param row from 0 to `length - 1` */
  name(row: number): string;
  /**
   * @param row from 0 to `length - 1`
   * @param column from 0 to `columns - 1`
   */
  number(row: number, column: number): number;
  /** Negative if the name of a row comes before that of another, byte by byte; 0 if they are the same. */
  compare(row: number, other: number): number;
  /** What the table consists of, for a file. */
  readonly parts: PackedParts;
}

export interface PackedParts {
  /** All names in their encoding, one after the other. */
  readonly names: Uint8Array;
  /** Where each name ends in `names`. */
  readonly ends: Float64Array;
  /** All numbers, row by row. */
  readonly numbers: Float64Array;
}

/** How names are stored: as UTF-8, or one byte per character for names that are bytes. */
export type NameEncoding = 'utf8' | 'latin1';

export function packedTable(parts: PackedParts, encoding: NameEncoding = 'utf8'): PackedTable {
  const { names, ends, numbers } = parts;
  const length = ends.length;
  const columns = length === 0 ? 0 : numbers.length / length;
  const text = Buffer.from(names.buffer, names.byteOffset, names.length);
  return {
    length,
    columns,
    name: (row) => text.toString(encoding, row === 0 ? 0 : ends[row - 1], ends[row]),
    number: (row, column) => numbers[row * columns + column] as number,
    compare(row, other) {
      let [a, b] = [row === 0 ? 0 : (ends[row - 1] as number), other === 0 ? 0 : (ends[other - 1] as number)];
      const [endA, endB] = [ends[row] as number, ends[other] as number];
      while (a < endA && b < endB && names[a] === names[b]) {
        a += 1;
        b += 1;
      }
      return a < endA && b < endB ? (names[a] as number) - (names[b] as number) : endA - a - (endB - b);
    },
    parts,
  };
}

/** Collects rows. */
export class PackedTableBuilder {
  #names = Buffer.alloc(2 ** 16);
  #namesEnd = 0;
  #ends: Float64Array = new Float64Array(1024);
  #numbers: Float64Array;
  #length = 0;
  /** Numbers in a row. */
  readonly columns: number;
  readonly #encoding: NameEncoding;

  /** @param columns numbers in a row */
  constructor(columns: number, encoding: NameEncoding = 'utf8') {
    this.columns = columns;
    this.#encoding = encoding;
    this.#numbers = new Float64Array(1024 * columns);
  }

  get length(): number {
    return this.#length;
  }

  /** @param numbers as many as there are columns */
  add(name: string, ...numbers: number[]): void {
    const bytes = Buffer.byteLength(name, this.#encoding);
    if (this.#namesEnd + bytes > this.#names.length) {
      const longer = Buffer.alloc(Math.max(2 * this.#names.length, this.#namesEnd + bytes));
      this.#names.copy(longer);
      this.#names = longer;
    }
    this.#namesEnd += this.#names.write(name, this.#namesEnd, this.#encoding);
    if (this.#length === this.#ends.length) {
      this.#ends = doubled(this.#ends);
      this.#numbers = doubled(this.#numbers);
    }
    this.#ends[this.#length] = this.#namesEnd;
    this.#numbers.set(numbers, this.#length * this.columns);
    this.#length += 1;
  }

  table(): PackedTable {
    const parts = {
      names: this.#names.subarray(0, this.#namesEnd),
      ends: this.#ends.subarray(0, this.#length),
      numbers: this.#numbers.subarray(0, this.#length * this.columns),
    };
    return packedTable(parts, this.#encoding);
  }
}

function doubled(numbers: Float64Array): Float64Array {
  const longer = new Float64Array(2 * numbers.length);
  longer.set(numbers);
  return longer;
}
