/** Adds tensors to others in their memory, a few pairs at a time: `target0` += `term0` and so on. See ../../gradients/laterSums.ts. */
import { type Inputs, sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';
import { bySlots, inSlots, slotNames, switchOf } from './slots.js';

const slots = 4;

/** One thread per value; `ends` of the pairs are in sequence. */
const addTo = bySlots((count) => ({
  name: `sums of ${count} pairs`,
  reads: slotNames('term', count),
  writes: slotNames('target', count),
  integers: slotNames('end', slots),
  threads: mapThreads,
  code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.end${slots - 1}) { return; }
  let ends = vec4u(${slotNames('given.end', slots).join(', ')});
  var slot = 0u;
  var begin = 0u;
  for (var k = 0u; k < ${count - 1}; k++) {
    if (i >= ends[k]) { slot = k + 1; begin = ends[k]; }
  }
  ${switchOf(count, 'target$[i - begin] += term$[i - begin];')}
}`,
}));

const named = (inputs: Inputs, name: string) => {
  const count = Object.keys(inputs).length / 2;
  return inSlots(
    slotNames(name, count).map((key) => inputs[key]!),
    slots,
  );
};

export const addInPlaceKernels: readonly WebgpuKernel[] = [
  webgpuKernel('AddInPlace', (inputs, _attributes, device) => {
    const terms = named(inputs, 'term');
    named(inputs, 'target').forEach((targets, i) => {
      let end = 0;
      const ends = targets.map((target) => {
        end += sizeOf(target);
        return end;
      });
      while (ends.length < slots) ends.push(end);
      device.run(addTo(targets.length), terms[i]!, targets, ends, mapWorkgroups(end));
    });
    return [];
  }),
];
