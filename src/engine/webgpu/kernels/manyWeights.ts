/**
 * Products of many matrices `[rows, columns]` with a vector each, on either side. The vectors of all matrices are in sequence in one tensor,
 * and so are the results.
 */
import type * as tf from '../../tf.js';
import type { Device } from './kernel.js';
import { bySlots, inSlots, slotNames, switchOf } from './slots.js';

export interface Sizes {
  readonly rows: number;
  readonly columns: number;
}

export interface Place extends Sizes {
  /** Where the vectors of that length of this weight begin. */
  readonly rowsBegin: number;
  readonly columnsBegin: number;
}

export interface Matrix extends Place {
  readonly weight: tf.TensorInfo;
}

/** Where each vector begins, and the end of the last one. */
export function beginsOf(lengths: readonly number[]): Float32Array {
  const begins = new Float32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    begins[i + 1] = begins[i]! + length;
  });
  return begins;
}

export function placesOf(sizes: readonly Sizes[]): Place[] {
  const [rowBegins, columnBegins] = (['rows', 'columns'] as const).map((key) =>
    beginsOf(sizes.map((each) => each[key])),
  ) as [Float32Array, Float32Array];
  return sizes.map(({ rows, columns }, i) => ({
    ...{ rows, columns },
    ...{ rowsBegin: rowBegins[i]!, columnsBegin: columnBegins[i]! },
  }));
}

export function matricesOf(weights: readonly tf.TensorInfo[], sizes: readonly Sizes[]): Matrix[] {
  return placesOf(sizes).map((place, i) => ({ ...place, weight: weights[i]! }));
}

const slots = 6;
const threads = 256;
/** Neighbouring threads have neighbouring columns. */
const width = 32;
const lanes = threads / width;

const integers = ['rows', 'columns', 'rowsBegin', 'columnsBegin', 'end'].flatMap((name) =>
  slotNames(name, slots),
);

/** WGSL: the matrix of a workgroup in slot `slot`, and the number of the workgroup within it. */
const slotCode = (count: number) => {
  const list = (name: string) => `array<u32, ${slots}>(${slotNames(`given.${name}`, slots).join(', ')})`;
  return `
var<workgroup> joining: array<f32, threads>;
struct Found { slot: u32, group: u32, rows: u32, columns: u32, rows_begin: u32, columns_begin: u32 }
fn found(group: u32) -> Found {
  let ends = ${list('end')};
  var slot = 0u;
  var begin = 0u;
  for (var k = 0u; k < ${count - 1}; k++) {
    if (group >= ends[k]) { slot = k + 1; begin = ends[k]; }
  }
  return Found(slot, group - begin, ${['rows', 'columns', 'rowsBegin', 'columnsBegin']
    .map((name) => `${list(name)}[slot]`)
    .join(', ')});
}
fn weight_at(slot: u32, i: u32) -> f32 {
  ${switchOf(count, 'return w$[i];')}
}`;
};

const lastEnd = (count: number) => `given.end${count - 1}`;

/** result[column] = sum over rows of weight[row, column] vector[row]. */
const acrossRows = bySlots((count) => ({
  name: `${count} products with a vector of rows`,
  reads: ['vectors', ...slotNames('w', count)],
  writes: ['results'],
  integers,
  threads,
  code: `${slotCode(count)}
fn run(group: u32, thread: u32) {
  if (group >= ${lastEnd(count)}) { return; }
  let place = found(group);
  let column = place.group * ${width} + thread % ${width};
  var sum = 0.0;
  if (column < place.columns) {
    for (var row = thread / ${width}; row < place.rows; row += ${lanes}) {
      sum += weight_at(place.slot, row * place.columns + column) * vectors[place.rows_begin + row];
    }
  }
  joining[thread] = sum;
  workgroupBarrier();
  if (thread >= ${width} || column >= place.columns) { return; }
  for (var i = thread + ${width}; i < threads; i += ${width}) { sum += joining[i]; }
  results[place.columns_begin + column] = sum;
}`,
}));

/** result[row] = sum over columns of weight[row, column] vector[column]. */
const acrossColumns = bySlots((count) => ({
  name: `${count} products with a vector of columns`,
  reads: ['vectors', ...slotNames('w', count)],
  writes: ['results'],
  integers,
  threads,
  code: `${slotCode(count)}
fn run(group: u32, thread: u32) {
  if (group >= ${lastEnd(count)}) { return; }
  let place = found(group);
  let row = place.group * ${lanes} + thread / ${width};
  let lane = thread % ${width};
  var sum = 0.0;
  if (row < place.rows) {
    for (var column = lane; column < place.columns; column += ${width}) {
      sum += weight_at(place.slot, row * place.columns + column) * vectors[place.columns_begin + column];
    }
  }
  joining[thread] = sum;
  workgroupBarrier();
  if (lane > 0 || row >= place.rows) { return; }
  for (var i = thread + 1; i < thread + ${width}; i++) { sum += joining[i]; }
  results[place.rows_begin + row] = sum;
}`,
}));

const filled = (values: readonly number[], by: number) => [
  ...values,
  ...Array(slots - values.length).fill(by),
];

function numbersOf(matrices: readonly Matrix[], groupsOf: (matrix: Matrix) => number): number[] {
  let end = 0;
  const ends = matrices.map((matrix) => {
    end += groupsOf(matrix);
    return end;
  });
  const lists = (['rows', 'columns', 'rowsBegin', 'columnsBegin'] as const).map((key) =>
    matrices.map((matrix) => matrix[key]),
  );
  return [...lists.flatMap((list) => filled(list, 0)), ...filled(ends, end)];
}

function multiply(
  shader: typeof acrossRows,
  groupsOf: (matrix: Matrix) => number,
  matrices: readonly Matrix[],
  vectors: tf.TensorInfo,
  results: tf.TensorInfo,
  device: Device,
): void {
  for (const some of inSlots(matrices, slots)) {
    const numbers = numbersOf(some, groupsOf);
    const reads = [vectors, ...some.map(({ weight }) => weight)];
    device.run(shader(some.length), reads, [results], numbers, numbers.at(-1)!);
  }
}

type Multiply = (
  matrices: readonly Matrix[],
  vectors: tf.TensorInfo,
  results: tf.TensorInfo,
  device: Device,
) => void;

/** Multiplies each transposed matrix with its vector of rows. */
export const timesRows: Multiply = (...given) =>
  multiply(acrossRows, ({ columns }) => Math.ceil(columns / width), ...given);

/** Multiplies each matrix with its vector of columns. */
export const timesColumns: Multiply = (...given) =>
  multiply(acrossColumns, ({ rows }) => Math.ceil(rows / lanes), ...given);
