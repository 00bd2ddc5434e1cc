/** Adamax and running averages, in the memory of their variables. See ../../fused/adamaxUpdate.ts and ../../fused/moveAverages.ts. */
import type { AdamaxOptions } from '../../fused/adamaxUpdate.js';
import type { AverageOptions } from '../../fused/moveAverages.js';
import type { Shader } from '../shader.js';
import { type Device, type Inputs, sizeOf, type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';
import { bySlots, inSlots, slotNames, switchOf } from './slots.js';

/** As many as a shader can bind besides gradient, momentum, maximum and average. */
const slotsOfUpdate = (isAveraged: boolean) => (isAveraged ? 4 : 5);

/** One thread per value of a few neighbouring members of a pack; `ends` of members are relative to the first of them. */
const adamax = (isAveraged: boolean) =>
  bySlots((slots): Shader => {
    const update = `
      let old = p$[i - begin];
      let g = gradient[at] * given.gradient_scale + given.weight_decay * old;
      let m = given.beta1 * momentum[at] + (1 - given.beta1) * g;
      let u = max(given.beta2 * maximum[at], abs(g) + given.epsilon);
      let new_value = old - given.learning_rate * (m / u);
      momentum[at] = m;
      maximum[at] = u;
      p$[i - begin] = new_value;
      ${isAveraged ? 'average[at] += given.average_weight * (new_value - average[at]);' : ''}`;
    return {
      name: `Adamax of ${slots}${isAveraged ? ' with averages' : ''}`,
      reads: ['gradient'],
      writes: ['momentum', 'maximum', ...(isAveraged ? ['average'] : []), ...slotNames('p', slots)],
      integers: ['first', 'size', ...slotNames('end', slotsOfUpdate(isAveraged))],
      floats: [
        ...['learning_rate', 'beta1', 'beta2', 'epsilon', 'weight_decay', 'gradient_scale'],
        'average_weight',
      ],
      threads: mapThreads,
      code: `
fn run(group: u32, thread: u32) {
  let i = group * threads + thread;
  if (i >= given.size) { return; }
  let at = given.first + i;
  let ends = array<u32, ${slotsOfUpdate(isAveraged)}>(${slotNames('given.end', slotsOfUpdate(isAveraged)).join(', ')});
  var slot = 0u;
  var begin = 0u;
  for (var k = 0u; k < ${slots - 1}; k++) {
    if (i >= ends[k]) { slot = k + 1; begin = ends[k]; }
  }
  ${switchOf(slots, update)}
}`,
    };
  });

const adamaxAlone = adamax(false);
const adamaxAveraged = adamax(true);

/** The inputs whose names begin so, in their order. */
function named(inputs: Inputs, name: string) {
  return Object.keys(inputs)
    .filter((key) => key.startsWith(name))
    .map((key) => inputs[key]!);
}

function runAdamax(inputs: Inputs, options: AdamaxOptions, device: Device): void {
  const { gradient, momentum, maximum, average } = inputs;
  const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, averageWeight = 0 } = options;
  const floats = [learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, averageWeight];
  const states = [momentum!, maximum!, ...(average ? [average] : [])];
  const slots = slotsOfUpdate(average !== undefined);
  let first = 0;
  for (const members of inSlots(named(inputs, 'parameter'), slots)) {
    let size = 0;
    const ends = members.map((member) => {
      size += sizeOf(member);
      return size;
    });
    while (ends.length < slots) ends.push(size);
    const shader = (average ? adamaxAveraged : adamaxAlone)(members.length);
    const numbers = [first, size, ...ends, ...floats];
    device.run(shader, [gradient!], [...states, ...members], numbers, mapWorkgroups(size));
    first += size;
  }
}

const slotsOfAverages = 4;

/** One workgroup per average: their values are few. */
const averages = bySlots((slots) => ({
  name: `averages of ${slots}`,
  reads: slotNames('value', slots),
  writes: slotNames('average', slots),
  integers: slotNames('size', slotsOfAverages),
  floats: ['weight', 'factor', 'lowest'],
  threads: mapThreads,
  code: `
fn moved(average: f32, value: f32) -> f32 {
  let result = average * (1 - given.weight) + value * (given.weight * given.factor);
  return max(result, min(average, given.lowest));
}
fn run(slot: u32, thread: u32) {
  if (slot >= ${slots}) { return; }
  let size = vec4u(given.size0, given.size1, given.size2, given.size3)[slot];
  for (var i = thread; i < size; i += threads) {
    ${switchOf(slots, 'average$[i] = moved(average$[i], value$[i]);')}
  }
}`,
}));

/** Below every number that an average can be. */
const noFloor = -3e38;

function runAverages(
  inputs: Inputs,
  { weight, factor = 1, floor = noFloor }: AverageOptions,
  device: Device,
): void {
  const values = inSlots(named(inputs, 'value'), slotsOfAverages);
  inSlots(named(inputs, 'average'), slotsOfAverages).forEach((targets, i) => {
    const sizes = targets.map(sizeOf);
    while (sizes.length < slotsOfAverages) sizes.push(0);
    const numbers = [...sizes, weight, factor, floor];
    device.run(averages(targets.length), values[i]!, targets, numbers, targets.length);
  });
}

export const inPlaceKernels: readonly WebgpuKernel[] = [
  webgpuKernel('AdamaxInPlace', (inputs, attributes, device) => {
    runAdamax(inputs, attributes as unknown as AdamaxOptions, device);
    return [];
  }),
  webgpuKernel('MoveAveragesInPlace', (inputs, attributes, device) => {
    runAverages(inputs, attributes as unknown as AverageOptions, device);
    return [];
  }),
];
