// ink and other dependencies are ESM only, so jest runs with native ES modules (see the "test" script).
const swc = {
  jsc: {
    parser: { syntax: 'typescript', tsx: true },
    target: 'es2022',
    transform: { react: { runtime: 'automatic' } },
  },
  module: { type: 'es6' },
};

export default {
  testEnvironment: 'node',
  // Folders rather than patterns with <rootDir>: its path may hold what means something in a glob or a regular expression.
  roots: ['__tests__', 'bench', 'examples', 'scripts', 'src'].map((folder) => `<rootDir>/${folder}`),
  testRegex: ['/__tests__/.*\\.test\\.tsx?$'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  // Examples import the package by its name; tests of them use the sources.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1', '^rx-nvae$': '<rootDir>/src/index.ts' },
  transform: { '^.+\\.tsx?$': ['@swc/jest', swc] },
  testTimeout: 60_000,
};
