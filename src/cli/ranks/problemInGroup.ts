import { launcherOf } from '../../group/mpi/launcher.js';

/** Commands whose work the ranks of a launcher share. */
const shared: ReadonlySet<string> = new Set(['train', 'sample', 'evaluate']);

/** What is wrong if a launcher has started several processes of a command that would do the same in each of them; else null. */
export function problemInGroup(command: string): string | null {
  const launcher = launcherOf();
  if (!launcher || shared.has(command)) return null;
  const { name, size } = launcher;
  return `${command} runs in one process, and ${name} has started ${size} of them; start it without ${name}`;
}
