/** Pixels of an image at most, unless a configuration or an option sets another limit; the same as sharp's own. */
export const defaultMaxPixels = 0x3fff * 0x3fff;
