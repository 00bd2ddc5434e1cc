import type { Probe } from '../loader.js';
import type { Adapter } from './dawn.js';

const software = /swiftshader|llvmpipe|lavapipe|software|basic render|cpu/i;

/** What an engine that uses this adapter reports. A software device is never chosen by `auto`. */
export function probeOf({ info }: Adapter): Extract<Probe, { usable: true }> {
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  const name = [description || device, vendor, architecture].filter(Boolean).join(', ');
  const isSoftware = isFallbackAdapter === true || software.test(name);
  if (!isSoftware) return { usable: true, description: name, forAuto: true };
  const reason = 'a software device, slower than native';
  return { usable: true, description: `${name} (software)`, forAuto: false, reason };
}
