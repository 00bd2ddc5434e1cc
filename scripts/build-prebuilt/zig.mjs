import { spawn, spawnSync } from 'node:child_process';

/** The version that the addons are built with. */
export const zigVersion = '0.17.1';

/**
 * The command of zig: that in the environment variable ZIG, else Python's package `ziglang`.
 * @throws Error when neither is there, or of another version
 */
export function findZig() {
  const { ZIG, PYTHON = 'python3' } = process.env;
  const command = ZIG ? [ZIG] : [PYTHON, '-m', 'ziglang'];
  const { status, stdout } = spawnSync(command[0], [...command.slice(1), 'version'], { encoding: 'utf8' });
  const advice = `run "pip install ziglang==${zigVersion}" (PYTHON names another python3), or set ZIG to the command of zig ${zigVersion}`;
  if (status !== 0) throw new Error(`there is no ${command.join(' ')}; ${advice}`);
  if (stdout.trim() !== zigVersion) {
    throw new Error(`${command.join(' ')} is version ${stdout.trim()}, not ${zigVersion}; ${advice}`);
  }
  return command;
}

/**
 * Runs zig with these arguments.
 * @throws Error with its output when it fails
 */
export function runZig([command, ...before], args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...before, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`zig ${args.join(' ')}\n${output}`));
    });
  });
}
