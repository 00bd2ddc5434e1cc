/** Finds the configuration of a PyTorch file, which does not contain it. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeValue } from '../../base/messageText.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { listConfigs } from '../../config/loadConfig.js';
import { runNameProblem } from '../../config/runName.js';

const isYaml = /\.ya?ml$/i;

/**
 * Finds the configuration by the name in the file: a YAML file of that name beside it, or a configuration with that name.
 * @param path the file
 * @param modelArch path of the YAML file where the file was written. It may be any text: only its last part is used, as a name
 * @returns a path or a name for `loadConfig`
 * @throws CheckpointError when there is none
 */
export async function torchConfig(path: string, modelArch: string | null): Promise<string> {
  const name = nameIn(modelArch);
  if (name === null) {
    const given = modelArch === null ? '' : ` (its model_arch is ${describeValue(modelArch)})`;
    throw missing(path, `this one does not name it${given}`);
  }
  for (const extension of ['.yaml', '.yml']) {
    const beside = join(dirname(path), name + extension);
    if (await isFile(beside)) return beside;
  }
  // `loadConfig` takes a name with the extension of a YAML file for a path.
  if (!isYaml.test(name) && (await listConfigs()).some((known) => known.name === name)) return name;
  throw missing(
    path,
    `there is no ${describeValue(name)} (its model_arch), neither in model_configs nor as ${name}.yaml beside the file`,
  );
}

function missing(path: string, problem: string): CheckpointError {
  const remedy = 'pass the one that it was trained with: --config <name or file>';
  return new CheckpointError(
    path,
    `a PyTorch file does not contain its configuration, and ${problem}; ${remedy}`,
  );
}

/** The name of the configuration in a path of any system; null if it cannot be the name of a file. */
function nameIn(modelArch: string | null): string | null {
  const last = modelArch?.split(/[/\\]/).at(-1) ?? '';
  const name = last.replace(isYaml, '');
  return runNameProblem(name) === null ? name : null;
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}
