/**
 * Log probability under mixtures, and its gradient in the raw parameters; src/model/distributions has the formulas. One thread per row of
 * parameters, which holds one group of k values per parameter of a component, the logits first. The gradient computes every component
 * twice, once for the sums over all components.
 */
import type { Shader } from '../shader.js';
import { type WebgpuKernel, webgpuKernel } from './kernel.js';
import { mapThreads, mapWorkgroups } from './map.js';
import { siluCode } from './silu.js';
import { softClampCode } from './softClamp.js';

/** WGSL: log(1 + exp(v)) and 1 - exp(v) without losing digits where they are small. */
const logarithmCode = `
fn softplus(v: f32) -> f32 {
  let power = exp(-abs(v));
  let s = power / (2 + power); // log(1 + power) = 2 atanh(s)
  let q = s * s;
  let series = 1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11 + q / 13)))));
  return max(v, 0) + 2 * s * series;
}
fn one_minus_exp(v: f32) -> f32 {
  let series = -v * (1 + v / 2 * (1 + v / 3 * (1 + v / 4 * (1 + v / 5 * (1 + v / 6)))));
  return select(1 - exp(v), series, abs(v) < 0.25);
}`;

/**
 * WGSL: sums as the rounded sum and what rounding took away (Knuth 1997, section 4.2.2, theorem B). Divided by a narrow scale, what was
 * taken away would count. A compiler may make 0 of it, and no more is lost.
 */
const sumCode = `
fn sum_of(a: f32, b: f32) -> vec2f {
  let sum = a + b;
  let added = sum - a;
  return vec2f(sum, (a - (sum - added)) + (b - added));
}
// From the mean to the colour on the scale -1 to 1.
fn distance_of(colour: f32, mean: vec2f) -> vec2f {
  let u = sum_of(2 * colour, -1);
  let distance = sum_of(u.x, -mean.x);
  return vec2f(distance.x, distance.y + (u.y - mean.y));
}`;

/** WGSL: what a component makes of a colour, and the slopes of its log probability in its mean and its raw scale. */
const partCode = 'struct Part { log_prob: f32, mean: f32, scale: f32 }';

/**
 * Logistic distribution in steps of 1 / 255 on the scale 0 to 1, as discretizedLogistic.ts. The series of log(1 - exp(step)) below a
 * narrow width is log v - v / 2 + v^2 / 24 with v = -step; v / 12 - 1 / 2 is its slope besides that of log v.
 */
const logisticCode = (normalized: boolean) => `${sumCode}
const half_width = 1.0 / 255;
const lower_edge = ${normalized ? '0.5 / 255' : '0.0005'};
const upper_edge = ${normalized ? '254.5 / 255' : '0.995'};
fn clamped_mean(raw: f32) -> f32 { return clamp(raw, -5, 5); }
fn raw_mean_slope(raw: f32, slope: f32) -> f32 { return select(slope, 0, abs(raw) > 5); }
fn logistic_at(centred: vec2f, raw_scale: f32, colour: f32) -> Part {
  let scale = max(raw_scale, -7);
  let inverse = exp(-scale);
  let below_at = inverse * (-half_width - centred.x) - inverse * centred.y;
  let above_at = inverse * (centred.x - half_width) + inverse * centred.y;
  let below = -softplus(below_at);
  let above = -softplus(above_at);
  let step = -2 * half_width * inverse;
  let width = one_minus_exp(step);
  ${
    normalized
      ? `let narrow = step > -0.1;
  let log_width = select(log(width), log(2 * half_width) - scale + step * (step / 24 + 0.5), narrow);
  let falls = select(step * (1 - width) / width, step * (-0.5 - step / 12) - 1, narrow);
  let held = false;`
      : `let narrow = width < 1e-10;
  let log_width = log(max(width, 1e-10));
  let falls = select(step * (1 - width) / width, 0, narrow);
  let held = below + above + log_width < log(1e-10) && colour >= lower_edge && colour <= upper_edge;`
  }
  let is_low = colour < lower_edge;
  let is_high = colour > upper_edge;
  let below_slope = select(sigmoid(below_at), 0, !is_low && is_high);
  let above_slope = select(sigmoid(above_at), 0, is_low);
  let middle = select(below + above + log_width, log(1e-10), held);
  let scale_slope = below_slope * below_at + above_slope * above_at + select(falls, 0, is_low || is_high);
  return Part(
    select(select(middle, above, is_high), below, is_low),
    select(inverse * (above_slope - below_slope), 0, held),
    select(scale_slope, 0, held || raw_scale < -7),
  );
}`;

/** WGSL with `component(row, j)`: the log probability of component j, whose slopes it leaves in `slopes`, by parameter. */
interface Kind {
  /** Parameters of a component. */
  readonly parameters: number;
  readonly code: string;
}

const ofOneColour = (code: string): Kind => ({
  parameters: 3,
  code: `${code}
fn component(row: u32, j: u32) -> f32 {
  let at = row * 3 * given.k + j;
  let part = part_at(parameters[at + given.k], parameters[at + 2 * given.k], x[row]);
  slopes[1] = part.mean;
  slopes[2] = part.scale;
  return part.log_prob;
}`,
});

const normal = ofOneColour(`
fn part_at(raw_mean: f32, raw_scale: f32, colour: f32) -> Part {
  let spread = exp(soft_clamp(raw_scale));
  let inverse = 1 / (spread + 0.01);
  let distance = (colour - soft_clamp(raw_mean)) * inverse;
  let square = distance * distance;
  return Part(
    -0.5 * square + log(inverse) - 0.91893853320467274,
    distance * inverse * soft_clamp_slope(raw_mean),
    (square - 1) * inverse * spread * soft_clamp_slope(raw_scale),
  );
}`);

const logistic = (normalized: boolean) =>
  ofOneColour(`${logisticCode(normalized)}
fn part_at(raw_mean: f32, raw_scale: f32, colour: f32) -> Part {
  let part = logistic_at(distance_of(colour, vec2f(clamped_mean(raw_mean), 0)), raw_scale, colour);
  return Part(part.log_prob, raw_mean_slope(raw_mean, part.mean), part.scale);
}`);

/** Means, scales, and coefficients of green on red, blue on red and blue on green; as jointLogisticMixture.ts. */
const joint = (normalized: boolean): Kind => ({
  parameters: 10,
  code: `${logisticCode(normalized)}
fn component(row: u32, j: u32) -> f32 {
  var raw: array<f32, 10>;
  for (var p = 0u; p < 10; p++) { raw[p] = parameters[(row * 10 + p) * given.k + j]; }
  let colours = vec3f(x[row * 3], x[row * 3 + 1], x[row * 3 + 2]);
  let u = 2 * colours - 1;
  let green = hyperbolic_tangent(raw[7]) * u.x;
  let blue = hyperbolic_tangent(raw[8]) * u.x + hyperbolic_tangent(raw[9]) * u.y;
  let more = vec3f(0, green, blue);
  var log_prob = 0.0;
  for (var c = 0u; c < 3; c++) {
    let mean = sum_of(clamped_mean(raw[1 + c]), more[c]);
    let part = logistic_at(distance_of(colours[c], mean), raw[4 + c], colours[c]);
    log_prob += part.log_prob;
    slopes[1 + c] = raw_mean_slope(raw[1 + c], part.mean);
    slopes[4 + c] = part.scale;
    if (c == 1) { slopes[7] = part.mean * u.x * tangent_slope(raw[7]); }
    if (c == 2) {
      slopes[8] = part.mean * u.x * tangent_slope(raw[8]);
      slopes[9] = part.mean * u.y * tangent_slope(raw[9]);
    }
  }
  return log_prob;
}`,
});

/**
 * WGSL: log sum exp of the logits and of the logits plus log probabilities, as the largest of them and the sum of exp(each - largest). These are
 * what probabilities are computed from: next to the logarithm of a very small sum, digits of log(sum) would get lost.
 */
const totalsCode = (kind: Kind) => `${siluCode}${softClampCode}${logarithmCode}${partCode}
var<private> slopes: array<f32, ${kind.parameters}>;
${kind.code}
fn logit_of(row: u32, j: u32) -> f32 { return soft_clamp(parameters[row * ${kind.parameters} * given.k + j]); }
struct Totals { largest: vec2f, sums: vec2f }
fn totals_of(row: u32) -> Totals {
  let logit = logit_of(row, 0);
  var largest = vec2f(logit, logit + component(row, 0));
  var sums = vec2f(1);
  for (var j = 1u; j < given.k; j++) {
    let next_logit = logit_of(row, j);
    let terms = vec2f(next_logit, next_logit + component(row, j));
    let highest = max(largest, terms);
    sums = sums * exp(largest - highest) + exp(terms - highest);
    largest = highest;
  }
  return Totals(largest, sums);
}`;

const forward = (name: string, kind: Kind): Shader => ({
  name,
  reads: ['parameters', 'x'],
  writes: ['y'],
  integers: ['rows', 'k'],
  threads: mapThreads,
  code: `${totalsCode(kind)}
fn run(group: u32, thread: u32) {
  let row = group * threads + thread;
  if (row >= given.rows) { return; }
  let totals = totals_of(row);
  let logs = totals.largest + log(totals.sums);
  y[row] = logs.y - logs.x;
}`,
});

const backward = (name: string, kind: Kind): Shader => ({
  name: `${name}: gradient`,
  reads: ['dy', 'parameters', 'x'],
  writes: ['dparameters'],
  integers: ['rows', 'k'],
  threads: mapThreads,
  code: `${totalsCode(kind)}
fn run(group: u32, thread: u32) {
  let row = group * threads + thread;
  if (row >= given.rows) { return; }
  let totals = totals_of(row);
  for (var j = 0u; j < given.k; j++) {
    let at = row * ${kind.parameters} * given.k + j;
    let logit = logit_of(row, j);
    let terms = vec2f(logit, logit + component(row, j));
    let weights = exp(terms - totals.largest) / totals.sums; // prior and posterior
    dparameters[at] = dy[row] * (weights.y - weights.x) * soft_clamp_slope(parameters[at]);
    for (var p = 1u; p < ${kind.parameters}; p++) { dparameters[at + p * given.k] = dy[row] * weights.y * slopes[p]; }
  }
}`,
});

function kernelsOf(name: string, plain: Kind, normalized: Kind): WebgpuKernel[] {
  const [value, gradient] = [forward, backward].map((make) => ({
    plain: make(name, plain),
    normalized: make(`${name}, normalized`, normalized),
  })) as Two<{ plain: Shader; normalized: Shader }>;
  const shaderOf = (of: typeof value, attributes: { readonly normalized?: unknown }) =>
    attributes.normalized === true ? of.normalized : of.plain;
  const numbersOf = ([rows, width]: readonly number[]): Two<number> => [rows!, width! / plain.parameters];
  return [
    webgpuKernel(name, ({ parameters, x }, attributes, device) => {
      const numbers = numbersOf(parameters!.shape);
      const y = device.output([numbers[0]]);
      device.run(shaderOf(value, attributes), [parameters!, x!], [y], numbers, mapWorkgroups(numbers[0]));
      return y;
    }),
    webgpuKernel(`${name}Grad`, ({ dy, parameters, x }, attributes, device) => {
      const numbers = numbersOf(parameters!.shape);
      const result = device.output(parameters!.shape);
      const reads = [dy!, parameters!, x!];
      device.run(shaderOf(gradient, attributes), reads, [result], numbers, mapWorkgroups(numbers[0]));
      return [result];
    }),
  ];
}

type Two<T> = [T, T];

export const mixtureKernels: readonly WebgpuKernel[] = [
  ...kernelsOf('GaussianMixtureLogProb', normal, normal),
  ...kernelsOf('LogisticMixtureLogProb', logistic(false), logistic(true)),
  ...kernelsOf('JointLogisticMixtureLogProb', joint(false), joint(true)),
];
