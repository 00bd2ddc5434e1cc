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
  testMatch: ['<rootDir>/__tests__/**/*.test.ts', '<rootDir>/__tests__/**/*.test.tsx'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/native/build/'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  // Examples import the package by its name; tests of them use the sources.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1', '^rx-nvae$': '<rootDir>/src/index.ts' },
  transform: { '^.+\\.tsx?$': ['@swc/jest', swc] },
  testTimeout: 60_000,
};
