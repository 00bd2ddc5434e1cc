// ink and other dependencies are ESM only, so jest runs with native ES modules (see the "test" script).
const swc = {
  jsc: {
    parser: { syntax: 'typescript', tsx: true },
    target: 'es2022',
    transform: { react: { runtime: 'automatic' } },
  },
  module: { type: 'es6' },
};

/** Tests whose path below __tests__ begins with what this regular expression matches. */
export const testsIn = (folder) => [`/__tests__/${folder}.*\\.test\\.tsx?$`];

export default {
  // Libraries outside of jest's realm make arrays that are foreign to it; see the file.
  testEnvironment: process.env.NVAE_TEST_ENGINE ? '<rootDir>/__tests__/support/hostRealm.mjs' : 'node',
  // Folders rather than patterns with <rootDir>: its path may hold what means something in a glob or a regular expression.
  roots: ['__tests__', 'bench', 'examples', 'scripts', 'src'].map((folder) => `<rootDir>/${folder}`),
  testRegex: testsIn('(?!long/)'), // jest.long.config.js has the others
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  // Examples import the package by its name; tests of them use the sources.
  moduleNameMapper: {
    // What the tested modules start in processes and threads is built once.
    '/base/ownFile\\.js$': '<rootDir>/__tests__/support/build/ownFile.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^rx-nvae$': '<rootDir>/src/index.ts',
    '^rx-nvae/(\\w+)$': '<rootDir>/src/entries/$1.ts',
  },
  transform: { '^.+\\.tsx?$': ['@swc/jest', swc] },
  reporters: ['default', '<rootDir>/__tests__/support/engineSummary.mjs'],
  globalSetup: '<rootDir>/__tests__/support/build/build.mjs',
  maxWorkers: '100%', // many tests wait for processes that they started
  testTimeout: 60_000,
};
