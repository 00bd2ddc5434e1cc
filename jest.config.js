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
  moduleNameMapper: {
    // What the tested modules start in processes and threads is built once.
    '/config/ownFile\\.js$': '<rootDir>/__tests__/support/build/ownFile.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^rx-nvae$': '<rootDir>/src/index.ts',
  },
  transform: { '^.+\\.tsx?$': ['@swc/jest', swc] },
  globalSetup: '<rootDir>/__tests__/support/build/build.mjs',
  testTimeout: 60_000,
};
