/**
 * Compute shaders of our own. A shader names the tensors that it reads and writes and the numbers that it takes; the declarations of
 * these are generated, and its code has only the functions. It needs no optional feature of a device, and no more than the
 * default limits: 8 tensors, 256 threads in a workgroup, 16 KiB of workgroup memory.
 */
import { plainSum, subgroupSum } from './workgroupSum.js';

export interface Shader {
  readonly name: string;
  /** Names of the tensors that it reads, all float32, as arrays in the code. */
  readonly reads: readonly string[];
  /** Names of the tensors that it writes. It may also read these. */
  readonly writes: readonly string[];
  /** Names of whole numbers, which the code reads as `given.<name>`. */
  readonly integers?: readonly string[];
  /** Names of other numbers. */
  readonly floats?: readonly string[];
  /** Threads of a workgroup: the constant `threads` in the code. */
  readonly threads: number;
  /** Whether the code calls `sum_of(own, thread)`, the sum over the threads of a workgroup. @default false */
  readonly sums?: boolean;
  /** WGSL. Defines `fn run(group: u32, thread: u32)`, which must return at once if the group is beyond the last one. */
  readonly code: string;
}

/** The most workgroups in one dimension of a dispatch that every device allows. */
const mostWorkgroups = 65535;

/** Returns the complete source of a shader. With subgroups, the device must have that feature, and WGSL `subgroup_id`. */
export function sourceOf(
  { reads, writes, integers = [], floats = [], threads, sums = false, code }: Shader,
  hasSubgroups: boolean,
): string {
  const inSubgroups = sums && hasSubgroups;
  const binding = (index: number) => `@group(0) @binding(${index})`;
  const numbers = [...integers.map((name) => `${name}: u32,`), ...floats.map((name) => `${name}: f32,`)];
  return [
    ...(inSubgroups ? ['enable subgroups;', 'requires subgroup_id;'] : []),
    ...reads.map((name, i) => `${binding(i)} var<storage, read> ${name}: array<f32>;`),
    ...writes.map((name, i) => `${binding(reads.length + i)} var<storage, read_write> ${name}: array<f32>;`),
    `struct Given { ${numbers.join(' ')} }`,
    `${binding(reads.length + writes.length)} var<uniform> given: Given;`,
    `const threads = ${threads}u;`,
    ...(sums ? [inSubgroups ? subgroupSum : plainSum] : []),
    code,
    `@compute @workgroup_size(${threads})`,
    'fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u,',
    '        @builtin(local_invocation_index) thread: u32',
    ...(inSubgroups ? [', @builtin(subgroup_id) own: u32, @builtin(num_subgroups) all: u32'] : []),
    ') {',
    ...(inSubgroups ? ['  subgroup = own; subgroups = all;'] : []),
    '  run(id.y * count.x + id.x, thread);',
    '}',
  ].join('\n');
}

/** Returns the numbers in the form that tfjs writes into a uniform buffer. */
export function uniformsOf({ integers = [] }: Shader, numbers: readonly number[]) {
  return numbers.map((value, i) => ({ type: i < integers.length ? 'uint32' : 'float32', data: [value] }));
}

/** Spreads workgroups over two dimensions; there may be more than asked for. */
export function spread(workgroups: number): [x: number, y: number] {
  const rows = Math.ceil(workgroups / mostWorkgroups);
  return [Math.ceil(workgroups / rows), rows];
}
