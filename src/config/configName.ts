/** The name of a configuration is its file name without folder and extension. Works without Node, for paths of any system. */

/** Returns `penguin` for `model_configs/penguin.yaml`. */
export function configName(file: string): string {
  const name = file.split(/[/\\]/).at(-1) ?? '';
  return name.replace(/(?<=.)\.[^.]*$/, '');
}

/** Whether a name can be a file name on every system: not empty, not a path, not a folder. */
export function isFileName(name: unknown): name is string {
  return typeof name === 'string' && !['', '.', '..'].includes(name) && !/[/\\]/.test(name);
}
