/** 5 tanh(x / 5) and its gradient. */
import { softClampBound } from '../../fused/softClamp.js';
import type { WebgpuKernel } from './kernel.js';
import { mapKernel } from './map.js';

/** WGSL. tanh(v) is computed from exp(-2 |v|), and near 0 by its series; that of a device may overflow, or lose digits near 0. */
export const softClampCode = `
fn hyperbolic_tangent(v: f32) -> f32 {
  let square = v * v;
  let series = v * (1 + square * (-1.0 / 3 + square * (2.0 / 15 - square * (17.0 / 315))));
  let power = exp(-2 * abs(v));
  return select(sign(v) * (1 - power) / (1 + power), series, abs(v) < 0.125);
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
