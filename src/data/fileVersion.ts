/** The version of a file, from its size and the time of its last change. */
export function fileVersion(bytes: number, modified: number): string {
  return `${bytes}/${modified}`;
}
