import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from './problem.mjs';

const script = fileURLToPath(new URL('check.cjs', import.meta.url));
const patience = 180_000;

/** Loads the addon in a separate process and computes with it; returns the result and libtensorflow's output. */
export function tryAddon(tfjsNode, addon, work) {
  const report = join(work, 'report.json');
  const { signal, status, stderr, error } = spawnSync(process.execPath, [script, tfjsNode, addon, report], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0', TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: patience,
    killSignal: 'SIGKILL',
  });
  const printed = stderr ?? '';
  if (existsSync(report)) return { ...JSON.parse(readFileSync(report, 'utf8')), printed };
  const how =
    error?.code === 'ETIMEDOUT'
      ? 'does not respond'
      : signal
        ? `crashes (${signal})`
        : `ends with code ${status}`;
  const why = /^(?:\w*Error): (.*)/m.exec(printed)?.[1] ?? lastLine(printed);
  throw new Problem(`the built addon does not work here: it ${how}${why ? `: ${why}` : ''}`, printed);
}

function lastLine(text) {
  return text.split('----- Native stack trace')[0].trim().split('\n').at(-1);
}
