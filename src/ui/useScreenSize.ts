import { createContext, useContext } from 'react';
import { assumedSize, type ScreenSize } from './screenSize.js';

export const ScreenSizeContext = createContext<ScreenSize>(assumedSize);

/** The size of the terminal; the component is rendered again when it changes. */
export function useScreenSize(): ScreenSize {
  return useContext(ScreenSizeContext);
}
