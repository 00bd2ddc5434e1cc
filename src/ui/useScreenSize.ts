import { createContext, useContext } from 'react';
import { assumedSize, type ScreenSize } from './screenSize.js';

export const ScreenSizeContext = createContext<ScreenSize>(assumedSize);

/** The terminal's size; the component is drawn again when it changes. */
export function useScreenSize(): ScreenSize {
  return useContext(ScreenSizeContext);
}
