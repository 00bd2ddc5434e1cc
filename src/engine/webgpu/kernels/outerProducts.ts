/** Gradients of many weights that are sums of outer products; the vectors of all weights are in sequence, as in manyWeights.ts. */
import type * as tf from '../../tf.js';
import type { Shader } from '../shader.js';
import type { Device } from './kernel.js';
import type { Place } from './manyWeights.js';
import { mapThreads } from './map.js';
import { bySlots, inSlots, slotNames, switchOf } from './slots.js';

const slots = 4;

export type OuterProducts = (slots: number) => Shader;

/**
 * Defines the shader.
 * @param value WGSL: the gradient at `row` and `column`, which count through the vectors of all weights; `given.rows` is the length of the former
 */
export function outerProducts(name: string, reads: readonly string[], value: string): OuterProducts {
  return bySlots((count) => ({
    name: `${name} of ${count} weights`,
    reads,
    writes: slotNames('dw', count),
    integers: [
      'rows',
      ...['begin', 'columns', 'columnsBegin', 'groupsEnd', 'size'].flatMap((name) => slotNames(name, slots)),
    ],
    threads: mapThreads,
    code: `
fn run(group: u32, thread: u32) {
  let ends = vec4u(${slotNames('given.groupsEnd', slots).join(', ')});
  var slot = 0u;
  var first = 0u;
  for (var k = 0u; k < ${count - 1}; k++) {
    if (group >= ends[k]) { slot = k + 1; first = ends[k]; }
  }
  let i = (group - first) * threads + thread;
  if (i >= vec4u(${slotNames('given.size', slots).join(', ')})[slot]) { return; }
  let columns = vec4u(${slotNames('given.columns', slots).join(', ')})[slot];
  let row = vec4u(${slotNames('given.begin', slots).join(', ')})[slot] + i / columns;
  let column = vec4u(${slotNames('given.columnsBegin', slots).join(', ')})[slot] + i % columns;
  let value = ${value};
  ${switchOf(count, 'dw$[i] = value;')}
}`,
  }));
}

/** Computes the gradients of weights of these shapes. */
export function writeOuterProducts(
  shader: OuterProducts,
  reads: readonly tf.TensorInfo[],
  places: readonly Place[],
  shapes: readonly (readonly number[])[],
  device: Device,
): tf.TensorInfo[] {
  const rows = places.reduce((sum, place) => sum + place.rows, 0);
  const results = shapes.map((shape) => device.output(shape));
  inSlots(places, slots).forEach((some, i) => {
    const sizes = some.map((place) => place.rows * place.columns);
    let groups = 0;
    const ends = sizes.map((size) => {
      groups += Math.ceil(size / mapThreads);
      return groups;
    });
    const lists = (['rowsBegin', 'columns', 'columnsBegin'] as const).map((key) =>
      some.map((place) => place[key]),
    );
    const numbers = [...lists, ends, sizes].flatMap((list) => [
      ...list,
      ...Array(slots - list.length).fill(0),
    ]);
    const own = results.slice(i * slots, (i + 1) * slots);
    device.run(shader(some.length), reads, own, [rows, ...numbers], groups);
  });
  return results;
}
