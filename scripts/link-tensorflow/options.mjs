import { parseArgs } from 'node:util';
import { Problem } from './problem.mjs';

export const packages = ['tfjs-node', 'tfjs-node-gpu'];

export const help = `Builds the addon of tfjs-node against a TensorFlow that pip or conda has installed.

  --python <command>       the Python that has it (default: python3)
  --tensorflow <folder>    or its folder: that of the Python package, an unpacked wheel, or an environment of conda or venv
  --package <name>         tfjs-node or tfjs-node-gpu (default: the one that is installed, else tfjs-node)`;

/** Parses the command-line options. */
export function readOptions(args) {
  const { python, tensorflow, package: name, help: wantsHelp } = parsed(args);
  if (python !== undefined && tensorflow !== undefined)
    throw new Problem('--python and --tensorflow exclude each other; give only one');
  for (const [option, value] of Object.entries({ python, tensorflow }))
    if (value === '') throw new Problem(`--${option}: expected a path, got nothing`);
  if (name !== undefined && !packages.includes(name))
    throw new Problem(`--package: expected ${packages.join(' or ')}, got "${name}"`);
  return { python, tensorflow, package: name, help: wantsHelp };
}

function parsed(args) {
  const text = { type: 'string' };
  const options = { python: text, tensorflow: text, package: text, help: { type: 'boolean', short: 'h' } };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new Problem(`${error.message.split(/\.\s/)[0]}; run it with --help`);
  }
}
