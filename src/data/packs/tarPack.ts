/** A tar archive of PNG files, with the names of the images. */
import sharp from 'sharp';
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { cut, printable } from '../../base/messageText.js';
import { repeatedNames } from '../packed/repeatedNames.js';
import type { ImagePack, PackOptions } from './imagePack.js';
import { memberName } from './memberName.js';
import type { NewFile } from './newFile.js';

const block = 512;
/** The same for all files, so that the same images make the same archive. */
const mtime = new Date(Date.UTC(1980, 0, 1));

/** @throws Error when two images would get the same name */
export function tarPack(file: NewFile, { size, channels, names }: PackOptions): ImagePack {
  const nameOf = (index: number) => memberName(names.name(index));
  const [[first] = []] = repeatedNames({ length: names.length, name: nameOf });
  if (first !== undefined) {
    const name = cut(printable(nameOf(first)));
    throw new Error(
      `two images would have the name "${name}" in the archive; write a .npz, which has no names`,
    );
  }
  return {
    async encoded(pixels) {
      const image = sharp(pixels, { raw: { width: size, height: size, channels } });
      const png = (channels === 1 ? image.toColourspace('b-w') : image).png();
      return png.toBuffer();
    },
    async add(name, png) {
      const padding = Buffer.alloc(-png.length & (block - 1));
      await file.append(Buffer.concat([headerOf(memberName(name), png.length), png, padding]));
    },
    end: () => file.append(Buffer.alloc(2 * block)),
  };
}

/** The blocks before a file; for names that are long or not in ASCII, with an extended header. */
function headerOf(path: string, size: number): Buffer {
  const about = { path, size, mtime, mode: 0o644, uid: 0, gid: 0 };
  const header = new Header({ ...about, type: 'File' });
  const bytes = Buffer.alloc(block);
  const isShort = !header.encode(bytes, 0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters of ASCII
  if (isShort && /^[\x00-\x7f]*$/.test(path)) return bytes;
  return Buffer.concat([new Pax({ path, size }).encode(), bytes]);
}
