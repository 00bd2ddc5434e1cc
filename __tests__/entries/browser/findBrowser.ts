import { spawnSync } from 'node:child_process';

const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'chrome'];

/** The command of a Chromium that runs here, NVAE_BROWSER first; null where there is none. */
export function findBrowser(): string | null {
  const candidates = [process.env.NVAE_BROWSER ?? '', ...names].filter(Boolean);
  return candidates.find((name) => spawnSync(name, ['--version']).status === 0) ?? null;
}
