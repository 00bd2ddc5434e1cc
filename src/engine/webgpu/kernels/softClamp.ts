/** 5 tanh(x / 5) and its gradient. */
import { softClampBound } from '../../fused/softClamp.js';
import type { WebgpuKernel } from './kernel.js';
import { mapKernel } from './map.js';

/**
 * WGSL. tanh(v) is its argument or 1 with a correction, so that what rounds the correction hardly counts: near 0 from the seventh convergent of its
 * continued fraction v / (1 + v^2 / (3 + v^2 / (5 + ...))), elsewhere from exp(-2 |v|). That of a device may overflow, or lose digits.
 */
export const softClampCode = `
fn hyperbolic_tangent(v: f32) -> f32 {
  let s = min(v * v, 1);
  let near = v - v * (s * (45045 + s * (2772 + s * 27)) / (135135 + s * (62370 + s * (3150 + s * 28))));
  let power = exp(-2 * abs(v));
  return select(sign(v) * (1 - 2 * power / (1 + power)), near, abs(v) < 1);
}
// 1 - tanh(v)^2
fn tangent_slope(v: f32) -> f32 {
  let power = exp(-2 * abs(v));
  return 4 * power / ((1 + power) * (1 + power));
}
fn soft_clamp(v: f32) -> f32 { return hyperbolic_tangent(v / ${softClampBound}) * ${softClampBound}; }
fn soft_clamp_slope(v: f32) -> f32 { return tangent_slope(v / ${softClampBound}); }
`;

export const softClampKernels: readonly WebgpuKernel[] = [
  mapKernel('SoftClamp', ['x'], `${softClampCode} fn value(v: f32) -> f32 { return soft_clamp(v); }`),
  mapKernel(
    'SoftClampGrad',
    ['dy', 'x'],
    `${softClampCode} fn value(d: f32, v: f32) -> f32 { return d * soft_clamp_slope(v); }`,
  ),
];
