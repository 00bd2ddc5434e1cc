/** What a folder or an archive has that a dataset leaves out, in one sentence. */
import { cut, printable } from '../base/messageText.js';

/** Reasons for leaving something out, in singular and plural. */
const kinds = {
  dangling: ['dangling link', 'dangling links'],
  loop: ['link to a parent folder', 'links to parent folders'],
  again: ['folder linked more than once', 'folders linked more than once'],
  folder: ['folder that cannot be read', 'folders that cannot be read'],
  file: ['file that cannot be read', 'files that cannot be read'],
  special: ['pipe, socket or device', 'pipes, sockets or devices'],
  own: ['picture or folder written by nvae', 'pictures or folders written by nvae'],
  link: ['link', 'links'],
  unsafe: ['name that leads out of the archive', 'names that lead out of the archive'],
  encrypted: ['encrypted file', 'encrypted files'],
  method: ['file compressed in an unknown way', 'files compressed in an unknown way'],
  large: ['file of more than 512 MiB', 'files of more than 512 MiB'],
  cut: ['file cut off by the end of the archive', 'files cut off by the end of the archive'],
  damaged: ['damaged part', 'damaged parts'],
  sample: ['further image of a sample', 'further images of samples'],
  packed: ['file of many images, to be given by itself', 'files of many images, to be given by themselves'],
  'again in list': ['path that the list has twice', 'paths that the list has again'],
  repeated: ['file replaced by a later one of its name', 'files replaced by later ones of their names'],
} as const;

export type OmissionKind = keyof typeof kinds;

/** Number of names given for each reason. */
const mostNames = 3;
const longestName = 60;

export interface Omissions {
  note(kind: OmissionKind, name: string, code?: string): void;
  /** Records an image in an unsupported format. */
  noteFormat(format: string, name: string): void;
  /** `2 dangling links (a.png, b.png)`, for each reason; null if nothing was left out. */
  words(): string | null;
}

/** How many were left out for a reason, and the first of their names in alphabetical order. */
interface Noted {
  readonly count: number;
  readonly names: readonly string[];
}

export function omissions(): Omissions {
  const noted = new Map<OmissionKind, Noted>();
  const formats = new Map<string, Noted>();
  const add = <K>(map: Map<K, Noted>, key: K, name: string) => {
    const { count, names } = map.get(key) ?? { count: 0, names: [] };
    map.set(key, { count: count + 1, names: first([...names, name]) });
  };
  const sorted = () => [...formats].sort((a, b) => b[1].count - a[1].count);
  const formatWords = () => sorted().map(([format, { count }]) => `${format} (${count})`);
  return {
    note(kind, name, code) {
      add(noted, kind, code === undefined ? shortened(name) : `${shortened(name)}: ${code}`);
    },
    noteFormat(format, name) {
      add(formats, format, shortened(name));
    },
    words() {
      const parts = Object.entries(kinds).flatMap(([kind, [one, many]]) => {
        const { count, names } = noted.get(kind as OmissionKind) ?? { count: 0, names: [] };
        return count === 0 ? [] : `${count} ${count === 1 ? one : many} (${listed(names, count)})`;
      });
      const counted = [...formats.values()].reduce((sum, { count }) => sum + count, 0);
      if (counted > 0) {
        const names = listed(first(sorted().flatMap(([, some]) => some.names)), counted);
        const [images, them] = counted === 1 ? ['image', 'it'] : ['images', 'them'];
        const refused = `${formatWords().join(', ')} cannot be read here, convert ${them} to PNG or JPEG`;
        parts.push(`${counted} ${images} (${names}): ${refused}`);
      }
      return parts.length > 0 ? parts.join('; ') : null;
    },
  };
}

function shortened(name: string): string {
  return cut(printable(name), longestName);
}

function first(names: readonly string[]): readonly string[] {
  return [...names].sort().slice(0, mostNames);
}

function listed(names: readonly string[], count: number): string {
  return [...names, ...(count > mostNames ? ['...'] : [])].join(', ');
}
