/** What a folder dataset leaves out, in one sentence. */
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

export function omissions(): Omissions {
  const noted = new Map<OmissionKind, string[]>();
  const formats = new Map<string, string[]>();
  const add = <K>(map: Map<K, string[]>, key: K, name: string) => {
    const names = map.get(key) ?? [];
    if (names.length === 0) map.set(key, names);
    names.push(name);
  };
  const sorted = () => [...formats].sort((a, b) => b[1].length - a[1].length);
  const formatWords = () => sorted().map(([format, { length }]) => `${format} (${length})`);
  return {
    note(kind, name, code) {
      add(noted, kind, code === undefined ? shortened(name) : `${shortened(name)}: ${code}`);
    },
    noteFormat(format, name) {
      add(formats, format, shortened(name));
    },
    words() {
      const parts = Object.entries(kinds).flatMap(([kind, [one, many]]) => {
        const names = noted.get(kind as OmissionKind) ?? [];
        if (names.length === 0) return [];
        return `${names.length} ${names.length === 1 ? one : many} (${listed(names)})`;
      });
      const counted = [...formats.values()].reduce((sum, { length }) => sum + length, 0);
      if (counted > 0) {
        const names = listed(sorted().flatMap(([, some]) => some));
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

function listed(names: readonly string[]): string {
  const first = [...names].sort().slice(0, mostNames);
  return [...first, ...(names.length > mostNames ? ['...'] : [])].join(', ');
}
