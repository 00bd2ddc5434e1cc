/**
 * Checks the imports in src with dependency-cruiser: `npm run lint:imports`. First checks tools/imports/fixtures, which break every
 * rule once: a rule that no longer fires is an error as well.
 */
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import { loadingRules, namingRules } from './rules.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));

async function broken(baseDir, forbidden, options) {
  const { output } = await cruise(['src'], {
    baseDir,
    ruleSet: { forbidden },
    validate: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      importsFields: ['imports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
    ...options,
  });
  if (output.summary.totalCruised === 0) throw new Error(`tools/imports: no sources in ${baseDir}`);
  return output.summary.violations;
}

const breaches = async (baseDir) => [
  ...(await broken(baseDir, namingRules, { tsPreCompilationDeps: true })),
  ...(await broken(baseDir, loadingRules, { exclude: { dynamic: true } })),
];

const fired = new Set((await breaches(fixtures)).map(({ rule }) => rule.name));
const silent = [...namingRules, ...loadingRules].filter(({ name }) => !fired.has(name));
for (const { name } of silent) console.error(`rule ${name} does not fire on tools/imports/fixtures`);

const comments = new Map([...namingRules, ...loadingRules].map(({ name, comment }) => [name, comment]));
const found = await breaches(root);
for (const { rule, from, to, cycle, via } of found) {
  const path = (cycle ?? via ?? []).map(({ name }) => name);
  console.error(
    `${from} -> ${path.length > 0 ? path.join(' -> ') : to}\n    ${rule.name}: ${comments.get(rule.name)}`,
  );
}
console.log(`imports: ${namingRules.length + loadingRules.length} rules, ${found.length} breaches`);
process.exitCode = silent.length + found.length > 0 ? 1 : 0;
