/**
 * Makes what is published, rx-nvae and a package with the compiled addon for each platform, tries it, and publishes it.
 *
 *     npm run release -- --dry-run                        # everything but publishing, into release/
 *     npm run release -- --dry-run --prebuilt prebuilt    # with addons that `npm run build:prebuilt` has made
 *     npm run release -- --dry-run linux-x64 linux-arm64  # only these platforms
 *     npm run release
 *
 * Beside the tarballs is release.json: version, commit, section of the changelog and, for each tarball, its checksum and what was
 * tested. A tarball with a failed test is not published, nor is a release from a checkout with changes, without a section of its own in
 * the changelog, or without one of the platforms.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pickPlatforms, platforms } from './build-prebuilt/platforms.mjs';
import { addonsOf } from './release/addons.mjs';
import { sectionOf } from './release/changelog.mjs';
import { checkFormat } from './release/checkFormat.mjs';
import { checkoutOf } from './release/checkout.mjs';
import { packFolder, packMain } from './release/pack.mjs';
import { publish } from './release/publish.mjs';
import { reportOf } from './release/report.mjs';
import { tryInstall } from './release/tryInstall.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function release({ chosen, out, prebuilt, dryRun }) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const section = sectionOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), manifest.version);
  const checkout = checkoutOf(root);
  const obstacles = [
    ...checkout.changes.map((path) => `${path} is not committed`),
    ...(section.isOfVersion ? [] : [`CHANGELOG.md: "## ${section.heading}" is not "## ${manifest.version}"`]),
    ...platforms.filter((each) => !chosen.includes(each)).map(({ name }) => `${name} is left out`),
  ];
  if (!dryRun && obstacles.length > 0) throw new Error(`not published:\n${obstacles.join('\n')}`);

  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'nvae-release-'));
  try {
    const addons = addonsOf({ root, chosen, prebuilt, work });
    const main = { ...(await packMain({ root, work, out, chosen })), tests: [] };
    const natives = [];
    for (const { platform, folder } of addons) {
      const packed = packFolder(folder, out);
      const tried = await tryInstall(root, platform, join(out, main.file), join(out, packed.file));
      natives.push({ ...packed, platform: platform.name, tests: [checkFormat(root, folder), tried] });
      if (tried.outcome !== 'not run') main.tests.push({ ...tried, with: packed.file });
    }
    const report = reportOf({ manifest, checkout, section, obstacles, tarballs: [main, ...natives] });
    writeFileSync(join(out, 'release.json'), `${JSON.stringify(report, null, 2)}\n`);
    print(report, out);
    const failed = report.tarballs.filter(({ tests }) => tests.some(({ outcome }) => outcome === 'failed'));
    if (failed.length > 0) throw new Error(`a test of ${failed.map(({ file }) => file).join(', ')} failed`);
    if (dryRun) console.log('\nnothing was published');
    else for (const { file } of [...natives, main]) publish(join(out, file));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function print({ version, commit, changelog, obstacles, tarballs }, out) {
  console.log(`${version}, commit ${commit}, in ${out}\n\n${changelog}\n`);
  for (const { file, bytes, tests } of tarballs) {
    console.log(`${(bytes / 1e6).toFixed(2).padStart(6)} MB  ${file}`);
    for (const { test, outcome, detail } of tests)
      console.log(`           ${test}: ${outcome}${detail ? ` (${detail})` : ''}`);
  }
  if (obstacles.length > 0)
    console.log(`\nin the way of publishing:\n${obstacles.map((line) => `  ${line}`).join('\n')}`);
}

try {
  const { values, positionals } = parseArgs({
    options: {
      'dry-run': { type: 'boolean', default: false },
      out: { type: 'string', default: join(root, 'release') },
      prebuilt: { type: 'string' },
    },
    allowPositionals: true,
  });
  await release({
    chosen: pickPlatforms(positionals),
    out: resolve(values.out),
    prebuilt: values.prebuilt && resolve(values.prebuilt),
    dryRun: values['dry-run'],
  });
} catch (error) {
  console.error(`release: ${error.message}`);
  process.exitCode = 1;
}
