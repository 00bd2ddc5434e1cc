/** Bytes of a pickle that is read. A checkpoint of 5000 weights has 2 MB; values take several times the bytes of their pickle. */
export const largestPickle = 8 * 2 ** 20;
