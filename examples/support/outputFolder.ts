import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Where an example leaves what it makes: examples/output/<name>, which git ignores. */
export async function outputFolder(name: string): Promise<string> {
  const folder = fileURLToPath(new URL(`../output/${name}`, import.meta.url));
  await mkdir(folder, { recursive: true });
  return folder;
}
