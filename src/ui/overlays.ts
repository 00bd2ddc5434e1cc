import type { DOMElement } from 'ink';
import { createContext, type RefObject, useContext, useLayoutEffect, useRef } from 'react';
import type { Overlay } from './painter.js';
import type { Bitmap } from './pictures/bitmap.js';

/** Overlays of a screen, by the element that owns them. */
export interface Overlays {
  set(owner: object, overlay: Overlay): void;
  delete(owner: object): void;
}

export const OverlaysContext = createContext<Overlays>({ set: () => undefined, delete: () => undefined });

/**
 * Lays finished lines, none wider than `columns`, or a picture over the element that gets the reference, as long as its component
 * is mounted; null: nothing. Use only within `fullScreen`.
 */
export function useOverlay(
  content: readonly string[] | Bitmap | null,
  columns: number,
): RefObject<DOMElement | null> {
  const overlays = useContext(OverlaysContext);
  const element = useRef<DOMElement>(null);
  const owner = useRef({});
  const shown = useRef<{ content: typeof content; row: number; column: number; columns: number } | null>(
    null,
  );
  // Other elements may have moved it, so get its position from the layout.
  useLayoutEffect(() => {
    const now = { content, columns, ...positionOf(element.current) };
    const before = shown.current;
    const keys = ['content', 'row', 'column', 'columns'] as const;
    if (before && keys.every((key) => before[key] === now[key])) return;
    shown.current = now;
    const { row, column } = now;
    if (content === null) overlays.delete(owner.current);
    else if ('draw' in content) overlays.set(owner.current, { row, column, bitmap: content });
    else overlays.set(owner.current, { row, column, columns, lines: content });
  });
  // Remove it with this frame; later it would cover its replacement.
  useLayoutEffect(() => {
    const key = owner.current;
    return () => overlays.delete(key);
  }, [overlays]);
  return element;
}

/** Position from the upper left of the screen. */
function positionOf(element: DOMElement | null): { row: number; column: number } {
  let [row, column] = [0, 0];
  for (let node = element ?? undefined; node; node = node.parentNode) {
    row += node.yogaNode?.getComputedTop() ?? 0;
    column += node.yogaNode?.getComputedLeft() ?? 0;
  }
  return { row, column };
}
