import { createContext, useContext } from 'react';
import { trueColourBlocks } from './pictureSupport.js';

export const PictureSupportContext = createContext(trueColourBlocks);

/** How the terminal shows pictures; the component is drawn again when more is known. */
export function usePictureSupport() {
  return useContext(PictureSupportContext);
}
