import { createContext, useContext } from 'react';
import { trueColourBlocks } from './pictureSupport.js';

export const PictureSupportContext = createContext(trueColourBlocks);

/** The picture support of the terminal; the component is rendered again when more is known. */
export function usePictureSupport() {
  return useContext(PictureSupportContext);
}
