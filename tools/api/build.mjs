/**
 * Writes the API reference, one page per public name, to docs/api: `npm run docs:api`. Fails if TypeDoc warns or if a public name
 * is not fully documented (completeness.mjs). `--check` writes nothing.
 */
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';
import { incomplete } from './completeness.mjs';

const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const app = await Application.bootstrap({
  name: 'rx-nvae',
  entryPoints: ['src/index.ts', 'src/entries/model.ts', 'src/entries/run.ts', 'src/entries/ui.ts'].map(file),
  tsconfig: file('tsconfig.build.json'),
  out: file('docs/api'),
  readme: 'none',
  sort: ['source-order'],
  excludePrivate: true,
  excludeInternal: true,
  intentionallyNotExported: ['src/engine/engines.ts:engineNames'],
  excludeExternals: true,
  sourceLinkTemplate: '{path}',
  disableGit: true,
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
    notDocumented: false,
  },
});

const project = await app.convert();
if (!project) process.exit(1);
app.validate(project);
const missing = incomplete(project);
for (const { path, name, what } of missing) console.error(`${path}: ${name}: ${what}`);
if (app.logger.warningCount + app.logger.errorCount + missing.length > 0) {
  console.error(`API reference: ${app.logger.warningCount} warnings of TypeDoc, ${missing.length} gaps`);
  process.exitCode = 1;
}
if (!process.argv.includes('--check')) {
  await app.generateOutputs(project);
  console.log('API reference: open docs/api/index.html');
}
