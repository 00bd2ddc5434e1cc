import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const manifest = createRequire(import.meta.url).resolve('emoji-datasource-google/package.json');

/** The 3,786 pictures of 64 by 64 pixels of the npm package emoji-datasource-google. */
export const emojiFolder = join(dirname(manifest), 'img/google/64');
