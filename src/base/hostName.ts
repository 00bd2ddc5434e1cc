import { hostname } from 'node:os';

/** Of this machine; `unknown` where the system does not say, as in some containers. */
export function hostName(): string {
  try {
    return hostname();
  } catch {
    return 'unknown';
  }
}
