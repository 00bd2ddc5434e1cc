import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { journalFile } from '../../../src/logs/journalFile.js';
import { eventFile } from '../../../src/logs/tensorboard/eventFile.js';
import { openFiles } from '../../support/openFiles.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

test.each([
  ['journal', () => journalFile(inFolder('events.jsonl'))],
  ['event file', () => eventFile(inFolder(), Date.now)],
] as const)(
  'the %s asks when all but the write is done, and writes nothing where it may not',
  async (_, open) => {
    const log = open();
    await log.append(Buffer.from('first\n'));
    const content = async () =>
      Promise.all((await readdir(inFolder())).map((name) => readFile(inFolder(name))));
    const before = await content();
    const refuse = async () => {
      if (existsSync('/proc/self/fd')) expect(openFiles().join()).toContain(inFolder());
      throw new Error('taken over');
    };
    await expect(log.append(Buffer.from('second\n'), refuse)).rejects.toThrow('taken over');
    expect(await content()).toEqual(before);
    await log.append(Buffer.from('third\n'), async () => undefined);
    expect(Buffer.concat(await content()).includes('first\nthird\n')).toBe(true);
  },
);
