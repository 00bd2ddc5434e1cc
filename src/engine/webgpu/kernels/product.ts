/**
 * The product of two matrices that need not exist as such: out[m, n] = sum over k of left(m, k) right(k, n), where the code of a shader
 * finds the factors. Each workgroup has a tile of the result, and four by four values of it in each thread; the factors of a few k at a time
 * are in workgroup memory. A long sum with few results is cut into chunks, which a second dispatch adds in their order: a sum by atomic
 * operations would have other bits in every run.
 */
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import { type Finish, type FinishInputs, nothing, plain } from './finish.js';
import { type Device, sizeOf } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';

/** Values of k in workgroup memory. */
const depth = 16;
/** Results of a thread in each direction. */
const perThread = 4;

export interface ProductCode {
  readonly name: string;
  readonly reads: readonly string[];
  /** Names of whole numbers. */
  readonly integers: readonly string[];
  /**
   * WGSL with four functions. `row_of(m)` and `step_of(k)` are called once for many factors: `left_at(row, step)` and
   * `right_at(step, n)`, both only within the matrices.
   */
  readonly code: string;
  /** @default the result is the sum */
  readonly finish?: Finish;
  /** Whether neighbouring factors in memory are neighbours in k, instead of in m or n. */
  readonly alongK: { readonly left: boolean; readonly right: boolean };
}

/** A product with its shaders for large and small results, and the one that adds chunks. */
export interface Product {
  readonly large: Shader;
  readonly small: Shader;
  readonly adder: Shader;
}

export interface ProductSize {
  readonly rows: number;
  readonly columns: number;
  /** Values of k. */
  readonly terms: number;
}

function addedChunks(name: string, finish: Finish): Shader {
  return {
    name: `sum of chunks${name}`,
    reads: ['parts', ...finish.reads],
    writes: ['out'],
    integers: ['size', 'columns', 'chunks', ...finish.integers],
    floats: finish.floats,
    threads: mapThreads,
    code: `${finish.code}
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  var sum = parts[i];
  for (var chunk = 1u; chunk < given.chunks; chunk++) { sum += parts[chunk * given.size + i]; }
  out[i] = finished(sum, i % given.columns);
}`,
  };
}

const addChunks = addedChunks('', plain);

const largeTile = 64;
const smallTile = 32;

export function product(code: ProductCode): Product {
  const adder = code.finish ? addedChunks(` of ${code.name}`, code.finish) : addChunks;
  return { large: tiled(code, largeTile), small: tiled(code, smallTile), adder };
}

function tiled({ name, reads, integers, code, finish = plain, alongK }: ProductCode, tile: number): Shader {
  const across = tile / perThread;
  const place = (isAlongK: boolean) =>
    isAlongK ? `vec2u(i % depth, i / depth)` : `vec2u(i / tile, i % tile)`;
  return {
    name: `${name}, tiles of ${tile}`,
    reads: [...reads, ...finish.reads],
    writes: ['out'],
    integers: ['rows', 'columns', 'terms', 'chunks', 'chunkTerms', ...integers, ...finish.integers],
    floats: finish.floats,
    threads: across * across,
    code: `${code}
${finish.code}
const tile = ${tile}u;
const depth = ${depth}u;
const across = ${across}u;
const width = tile + 1; // of a line in workgroup memory; one more, so that a column is in different banks
var<workgroup> lefts: array<f32, ${depth * (tile + 1)}>;
var<workgroup> rights: array<f32, ${depth * (tile + 1)}>;
var<workgroup> tile_rows: array<vec4i, tile>;
var<workgroup> steps: array<vec4i, depth>;

fn run(group: u32, thread: u32) {
  let tiles_down = (given.rows + tile - 1) / tile;
  let tiles_across = (given.columns + tile - 1) / tile;
  let chunk = group / (tiles_down * tiles_across);
  if (chunk >= given.chunks) { return; }
  let in_chunk = group % (tiles_down * tiles_across);
  let m0 = in_chunk / tiles_across * tile;
  let n0 = in_chunk % tiles_across * tile;
  let begin = chunk * given.chunkTerms;
  let end = min(begin + given.chunkTerms, given.terms);
  if (thread < tile) { tile_rows[thread] = row_of(min(m0 + thread, given.rows - 1)); }
  if (thread < depth) { steps[thread] = step_of(min(begin + thread, given.terms - 1)); }
  var sum0 = vec4f(0);
  var sum1 = vec4f(0);
  var sum2 = vec4f(0);
  var sum3 = vec4f(0);
  let m = thread / across * ${perThread};
  let n = thread % across * ${perThread};
  for (var k0 = begin; k0 < end; k0 += depth) {
    workgroupBarrier();
    for (var i = thread; i < depth * tile; i += threads) {
      let left = ${place(alongK.left)};
      var value = 0.0;
      if (k0 + left.x < end && m0 + left.y < given.rows) { value = left_at(tile_rows[left.y], steps[left.x]); }
      lefts[left.x * width + left.y] = value;
      let right = ${place(alongK.right)};
      value = 0;
      if (k0 + right.x < end && n0 + right.y < given.columns) { value = right_at(steps[right.x], n0 + right.y); }
      rights[right.x * width + right.y] = value;
    }
    workgroupBarrier();
    if (thread < depth) { steps[thread] = step_of(min(k0 + depth + thread, given.terms - 1)); }
    for (var k = 0u; k < depth; k++) {
      let l = k * width + m;
      let r = k * width + n;
      let factors = vec4f(rights[r], rights[r + 1], rights[r + 2], rights[r + 3]);
      sum0 += lefts[l] * factors;
      sum1 += lefts[l + 1] * factors;
      sum2 += lefts[l + 2] * factors;
      sum3 += lefts[l + 3] * factors;
    }
  }
  let sums = array<vec4f, 4>(sum0, sum1, sum2, sum3);
  for (var i = 0u; i < ${perThread}; i++) {
    for (var j = 0u; j < ${perThread}; j++) {
      let row = m0 + m + i;
      let column = n0 + n + j;
      if (row < given.rows && column < given.columns) {
        let at = (chunk * given.rows + row) * given.columns + column;
        if (given.chunks == 1) { out[at] = finished(sums[i][j], column); } else { out[at] = sums[i][j]; }
      }
    }
  }
}`,
  };
}

/** A device has enough work with this many workgroups. */
const enoughWorkgroups = 96;
/** A chunk is at least this long, and at most so long that its rounding errors stay small. */
const chunkRange = [256, 4096] as const;

function chunksOf(terms: number, tiles: number): number {
  const [least, most] = chunkRange;
  const wanted = Math.max(Math.ceil(enoughWorkgroups / tiles), Math.ceil(terms / most));
  return Math.max(1, Math.min(wanted, Math.floor(terms / least)));
}

export interface ProductInputs {
  /** What the code of the product reads. */
  readonly reads: readonly tf.TensorInfo[];
  /** The whole numbers of its code. */
  readonly integers: readonly number[];
  /** What its finish reads. @default nothing */
  readonly finish?: FinishInputs;
}

/** Computes a product. */
export function runProduct(
  { large, small, adder }: Product,
  { reads, integers, finish = nothing }: ProductInputs,
  result: tf.TensorInfo,
  { rows, columns, terms }: ProductSize,
  device: Device,
): void {
  const tilesOf = (tile: number) => Math.ceil(rows / tile) * Math.ceil(columns / tile);
  const isLarge = rows > smallTile && columns > smallTile && tilesOf(largeTile) >= enoughWorkgroups / 4;
  const tiles = tilesOf(isLarge ? largeTile : smallTile);
  const wanted = chunksOf(terms, tiles);
  const chunkTerms = Math.ceil(terms / wanted / depth) * depth;
  const chunks = Math.ceil(terms / chunkTerms);
  const parts = chunks === 1 ? result : device.output([chunks, rows, columns]);
  const more = [...finish.integers, ...finish.floats];
  const numbers = [rows, columns, terms, chunks, chunkTerms, ...integers, ...more];
  device.run(isLarge ? large : small, [...reads, ...finish.reads], [parts], numbers, tiles * chunks);
  if (chunks === 1) return;
  const size = sizeOf(result);
  device.run(
    adder,
    [parts, ...finish.reads],
    [result],
    [size, columns, chunks, ...more],
    mapWorkgroups(size),
  );
}
