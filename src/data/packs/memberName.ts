import { extname } from 'node:path';
import { isReadable } from '../formats.js';

/**
 * The name of an image in an archive that holds it as a PNG: its own, even if that ends in `.jpg`, so that it is held out and augmented
 * as before. A name without the extension of an image gets `.png`; parts that would be ignored or refused when the archive is read are
 * changed.
 */
export function memberName(name: string): string {
  const parts = name
    .replaceAll('\0', '_')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .map((part) => part.replace(/^\./, '_').replace(/^__MACOSX$/, '_$&'));
  const path = parts.join('/').replace(/^([a-z]):(?=[/\\])/i, '$1_');
  return isReadable(extname(path).slice(1).toLowerCase()) ? path : `${path || 'image'}.png`;
}
