/** SiLU and its gradient. */
import type { WebgpuKernel } from './kernel.js';
import { mapKernel } from './map.js';

/** WGSL. The exponent is never positive, so that nothing overflows: what a device makes of infinity is its own affair. */
export const siluCode = `
fn sigmoid(v: f32) -> f32 {
  let power = exp(-abs(v));
  return select(1.0, power, v < 0) / (1 + power);
}
fn silu(v: f32) -> f32 { return v * sigmoid(v); }
fn silu_slope(v: f32) -> f32 {
  let s = sigmoid(v);
  return s + v * s * sigmoid(-v);
}
`;

export const siluKernels: readonly WebgpuKernel[] = [
  mapKernel('Silu', ['x'], `${siluCode} fn value(v: f32) -> f32 { return silu(v); }`),
  mapKernel(
    'SiluGrad',
    ['dy', 'x'],
    `${siluCode} fn value(d: f32, v: f32) -> f32 { return d * silu_slope(v); }`,
  ),
];
