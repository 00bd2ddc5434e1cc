/**
 * Work on many tensors in few dispatches. A shader can bind only a few tensors, so a dispatch takes a few at a time: its slots. A shader for
 * less than all slots is compiled only if it is needed, for the last ones of a list.
 */
import type { Shader } from '../shader.js';

/** Cuts a list into parts of at most `slots`. */
export function inSlots<T>(list: readonly T[], slots: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / slots) }, (_, i) =>
    list.slice(i * slots, (i + 1) * slots),
  );
}

/** Names of the slots: `p0`, `p1` and so on. */
export function slotNames(name: string, slots: number): string[] {
  return Array.from({ length: slots }, (_, i) => `${name}${i}`);
}

/** Makes a shader for a number of slots, each once. */
export function bySlots(make: (slots: number) => Shader): (slots: number) => Shader {
  const made = new Map<number, Shader>();
  return (slots) => {
    const shader = made.get(slots) ?? make(slots);
    made.set(slots, shader);
    return shader;
  };
}

/** WGSL: the statement of the slot that `slot` names, where `$` stands for its number. */
export function switchOf(slots: number, statement: string): string {
  const cases = Array.from({ length: slots }, (_, i) => {
    const label = i === slots - 1 ? 'default' : `case ${i}`;
    return `${label}: { ${statement.replaceAll('$', String(i))} }`;
  });
  return `switch slot { ${cases.join(' ')} }`;
}
