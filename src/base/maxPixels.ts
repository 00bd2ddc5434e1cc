/** Maximum number of pixels in an image, unless a configuration or an option sets another limit; same as sharp's default. */
export const defaultMaxPixels = 0x3fff * 0x3fff;
