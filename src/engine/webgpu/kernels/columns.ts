/**
 * Sums down the columns of a matrix `[rows, columns]`. A workgroup takes neighbouring columns, so that neighbouring threads read
 * neighbouring values, and shares its rows out to lanes of threads; the lanes are joined in a fixed order.
 */

import type { Shader } from '../shader.js';

/** Threads of a workgroup. */
export const columnThreads = 128;
const mostColumns = 32;
/** Rows that one thread of a block takes, about. */
const rowsOfThread = 32;
const mostBlocks = 64;

export interface ColumnLayout {
  /** Columns of a workgroup, a power of two. */
  readonly width: number;
  /** Workgroups side by side. */
  readonly across: number;
  /** Workgroups one below the other. */
  readonly blocks: number;
  /** Rows of each of these; the last one may have fewer. */
  readonly blockRows: number;
}

/**
 * Plans the workgroups for a matrix.
 * @param most blocks, one below the other
 */
export function columnLayout(rows: number, columns: number, most = mostBlocks): ColumnLayout {
  const width = Math.min(2 ** Math.ceil(Math.log2(columns)), mostColumns);
  const lanes = columnThreads / width;
  const wanted = Math.min(Math.ceil(rows / (lanes * rowsOfThread)), most);
  const blockRows = Math.ceil(rows / wanted);
  return { width, across: Math.ceil(columns / width), blocks: Math.ceil(rows / blockRows), blockRows };
}

/** Names of the numbers that the code below takes, in the order of `columnNumbers`. */
export const columnIntegers = ['rows', 'columns', 'width', 'across', 'blocks', 'blockRows'] as const;

export function columnNumbers(rows: number, columns: number, layout: ColumnLayout): number[] {
  return [rows, columns, layout.width, layout.across, layout.blocks, layout.blockRows];
}

/**
 * WGSL: the place of a thread, and the sum over lanes. `joined` must be called by all threads; the result is that of the thread's column.
 */
export const columnCode = `
struct Place { block: u32, column: u32, lane: u32, lanes: u32, begin: u32, end: u32 }

fn place_of(group: u32, thread: u32) -> Place {
  let block = group / given.across;
  let column = (group % given.across) * given.width + thread % given.width;
  let inside = column < given.columns;
  let begin = select(given.rows, min(block * given.blockRows, given.rows), inside);
  let end = select(given.rows, min(begin + given.blockRows, given.rows), inside);
  return Place(block, column, thread / given.width, threads / given.width, begin, end);
}

var<workgroup> shared_sums: array<vec2f, threads>;

fn joined(sums: vec2f, thread: u32) -> vec2f {
  workgroupBarrier();
  shared_sums[thread] = sums;
  workgroupBarrier();
  var total = vec2f(0);
  for (var i = thread % given.width; i < threads; i += given.width) { total += shared_sums[i]; }
  return total;
}
`;

/** A shader that adds up terms down the columns of each block. `term` is WGSL: the term at index i. */
export function columnSums(name: string, reads: readonly string[], term: string): Shader {
  return {
    name,
    reads,
    writes: ['sums'],
    integers: columnIntegers,
    threads: columnThreads,
    code: `${columnCode}
fn run(group: u32, thread: u32) {
  if (group >= given.across * given.blocks) { return; }
  let place = place_of(group, thread);
  var own = 0.0;
  for (var row = place.begin + place.lane; row < place.end; row += place.lanes) {
    let i = row * given.columns + place.column;
    own += ${term};
  }
  let total = joined(vec2f(own, 0), thread).x;
  if (place.lane == 0 && place.column < given.columns) { sums[place.block * given.columns + place.column] = total; }
}`,
  };
}
