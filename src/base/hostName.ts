import { hostname } from 'node:os';

/** Returns the name of this machine; `unknown` if the system does not provide it, as in some containers. */
export function hostName(): string {
  try {
    return hostname();
  } catch {
    return 'unknown';
  }
}
