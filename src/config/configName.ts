/** The name of a configuration: its file's, without folder and extension. Works without Node, for files of any system. */

/** `penguin` for `model_configs/penguin.yaml`. */
export function configName(file: string): string {
  const name = file.split(/[/\\]/).at(-1) ?? '';
  return name.replace(/(?<=.)\.[^.]*$/, '');
}

/** Whether a name can be a file's on every system: not empty, no path, no folder. */
export function isFileName(name: unknown): name is string {
  return typeof name === 'string' && !['', '.', '..'].includes(name) && !/[/\\]/.test(name);
}
