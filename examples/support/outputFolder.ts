import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The output folder of an example: examples/output/<name>, which git ignores. */
export async function outputFolder(name: string): Promise<string> {
  const folder = fileURLToPath(new URL(`../output/${name}`, import.meta.url));
  await mkdir(folder, { recursive: true });
  return folder;
}
