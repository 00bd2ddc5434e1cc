/** WGSL for `Shader.sums`: `sum_of(own, thread)`, the sum of a value over the threads of a workgroup, in a fixed order; all threads must call it. */

const declarations = 'var<workgroup> summands: array<f32, threads>;';

/** On any device. */
export const plainSum = `${declarations}
fn sum_of(own: f32, thread: u32) -> f32 {
  workgroupBarrier();
  summands[thread] = own;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < threads; i++) { total += summands[i]; }
  return total;
}`;

/** With the feature `subgroups`: their sums come first, and are then added in the order of the subgroups. `main` sets the variables. */
export const subgroupSum = `${declarations}
var<private> subgroup: u32;
var<private> subgroups: u32;
fn sum_of(own: f32, thread: u32) -> f32 {
  let part = subgroupAdd(own);
  workgroupBarrier();
  if (subgroupElect()) { summands[subgroup] = part; }
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < subgroups; i++) { total += summands[i]; }
  return total;
}`;
