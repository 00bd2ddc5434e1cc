import { Box, type DOMElement } from 'ink';
import { createContext, useContext, useEffect, useLayoutEffect, useRef } from 'react';
import type { Overlay } from './painter.js';

/** Where a screen keeps what lies over its frames, by whose it is. */
export interface Overlays {
  set(owner: object, overlay: Overlay): void;
  delete(owner: object): void;
}

export const OverlaysContext = createContext<Overlays>({ set: () => undefined, delete: () => undefined });

export interface RawProps {
  /** Finished text, escape sequences included; none wider than `columns`, at most `rows` of them. */
  readonly lines: readonly string[];
  readonly columns: number;
  readonly rows: number;
}

/**
 * Text that goes to the terminal as it is, over an empty part of the frame: Ink takes every character apart for every
 * frame, which for pictures and curves costs more than all the rest. Only within `fullScreen`.
 */
export function Raw({ lines, columns, rows }: RawProps) {
  const overlays = useContext(OverlaysContext);
  const box = useRef<DOMElement>(null);
  const owner = useRef({});
  const shown = useRef<Overlay | null>(null);
  // What is around it may have moved it: nothing but the layout knows where it is.
  useLayoutEffect(() => {
    const overlay = { ...positionOf(box.current), lines };
    const before = shown.current;
    if (before?.lines === lines && before.row === overlay.row && before.column === overlay.column) return;
    shown.current = overlay;
    overlays.set(owner.current, overlay);
  });
  useEffect(() => {
    const key = owner.current;
    return () => overlays.delete(key);
  }, [overlays]);
  return <Box ref={box} width={columns} height={rows} />;
}

/** From the upper left of the screen. */
function positionOf(element: DOMElement | null): { row: number; column: number } {
  let [row, column] = [0, 0];
  for (let node = element ?? undefined; node; node = node.parentNode) {
    row += node.yogaNode?.getComputedTop() ?? 0;
    column += node.yogaNode?.getComputedLeft() ?? 0;
  }
  return { row, column };
}
