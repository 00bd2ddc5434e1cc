import { createContext, useContext } from 'react';

/** In character cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export const ScreenSizeContext = createContext<ScreenSize>({ columns: 80, rows: 24 });

/** The terminal's size; the component is drawn again when it changes. */
export function useScreenSize(): ScreenSize {
  return useContext(ScreenSizeContext);
}
