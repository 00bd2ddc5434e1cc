/**
 * Import rules for dependency-cruiser. A folder of src that is not in `layers`, or a package that is not in `packages`, must not be
 * imported at all: to add one, add it here first.
 */

/** For each folder of src: the other folders that it may import from, including types. */
const layers = {
  base: [],
  group: ['base'],
  config: ['base'],
  engine: ['group', 'config', 'base'],
  checkpoint: ['config', 'base'],
  pytorch: ['checkpoint', 'config', 'base'],
  data: ['config', 'base'],
  pictures: ['data', 'base'],
  logs: ['base'],
  model: ['engine', 'group', 'config', 'base'],
  training: ['model', 'engine', 'group', 'config', 'base'],
  modelFiles: ['training', 'model', 'engine', 'pytorch', 'checkpoint', 'config', 'base'],
  streams: [
    'modelFiles',
    'training',
    'model',
    'engine',
    'group',
    'checkpoint',
    'data',
    'pictures',
    'logs',
    'config',
    'base',
  ],
  ui: ['streams', 'base'],
  entries: [
    'ui',
    'streams',
    'modelFiles',
    'training',
    'model',
    'engine',
    'group',
    'checkpoint',
    'data',
    'config',
    'base',
  ],
  cli: [
    'ui',
    'streams',
    'modelFiles',
    'training',
    'model',
    'engine',
    'group',
    'checkpoint',
    'data',
    'pictures',
    'logs',
    'config',
    'base',
  ],
};

/** For each package: the folders of src that may import it. */
const packages = {
  'js-yaml': ['config'],
  zod: ['config', 'checkpoint'],
  '@tensorflow': ['engine'],
  webgpu: ['engine'],
  'detect-libc': ['engine'],
  '@noble': ['checkpoint'],
  'pure-rand': ['model', 'streams/images', 'data'],
  sharp: ['data', 'pictures', 'streams/tensorboard', 'ui'],
  '@aws-crypto': ['base'],
  '@bufbuild': ['logs', 'data'],
  'csv-parse': ['data'],
  tar: ['data'],
  yauzl: ['data'],
  hyparquet: ['data'],
  'hyparquet-compressors': ['data'],
  rxjs: ['streams', 'ui', 'cli'],
  react: ['ui'],
  ink: ['ui'],
  'string-width': ['ui'],
  commander: ['cli'],
  'signal-exit': ['cli'],
};

/** Exceptions to `layers`: plain data that the layer above reads. */
const alsoAllowed = { training: ['checkpoint/snapshot'] };

const folderPattern = (names) => `^src/(${names.join('|')})(/|[.]ts$)`;
const packagePattern = (name) => `(^|/)node_modules/(@types/)?${name}/`;

const layerRules = Object.entries(layers).map(([folder, below]) => ({
  name: `layer-${folder}`,
  comment: `src/${folder} imports only itself and: ${below.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: folderPattern([folder]) },
  to: { path: '^src/', pathNot: folderPattern([folder, ...below, ...(alsoAllowed[folder] ?? [])]) },
}));

const packageRules = Object.entries(packages).map(([name, folders]) => ({
  name: `package-${name.replace('@', '')}`,
  comment: `${name} is imported only by ${folders.join(', ')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: folderPattern(folders) },
  to: { path: packagePattern(name) },
}));

/** Rules about the names that a file imports, including types. */
export const namingRules = [
  ...layerRules,
  ...packageRules,
  {
    name: 'unknown-package',
    comment: 'tools/imports/rules.mjs says which folder may import a package; this one is not listed there',
    severity: 'error',
    from: { path: '^src/' },
    to: {
      path: 'node_modules/',
      pathNot: [...Object.keys(packages).map(packagePattern), packagePattern('node')],
    },
  },
  {
    name: 'unknown-folder',
    comment: 'tools/imports/rules.mjs says what a folder of src may import; this one is not listed there',
    severity: 'error',
    from: { path: '^src/[^/]+/', pathNot: folderPattern(Object.keys(layers)) },
    to: {},
  },
  {
    name: 'native-in-engine',
    comment: 'only src/engine/native touches the C++ addon',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/engine/native/' },
    to: { path: '^native/' },
  },
  {
    name: 'model-without-node',
    comment: 'the model runs in a browser too, and so does reading its files: no modules of Node',
    severity: 'error',
    from: { path: folderPattern(['model', 'pytorch']) },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'no-tests-in-src',
    comment: 'src imports no tests, scripts, benches or examples',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^(__tests__|scripts|bench|examples|tools)/' },
  },
  {
    name: 'no-cycle',
    comment: 'files that import each other are one thing: join them, or move what both need into a third',
    severity: 'error',
    from: { path: '^src/' },
    to: { circular: true },
  },
  {
    name: 'no-unresolved',
    comment: 'the file or package does not exist',
    severity: 'error',
    from: { path: '^src/' },
    to: { couldNotResolve: true },
  },
];

const heavy = [folderPattern(['model', 'training']), packagePattern('@tensorflow'), packagePattern('sharp')];

/** Rules about what is loaded with a file: everything that its imports load at once, without types and `import()`. */
export const loadingRules = [
  {
    name: 'process-stays-light',
    comment: 'what watches a run starts at once and survives its crash: it loads no engine, model or sharp',
    severity: 'error',
    from: {
      path: [
        '^src/streams/process/trainInProcess[.]ts$',
        '^src/streams/journal/readJournal[.]ts$',
        '^src/entries/run[.]ts$',
      ],
    },
    to: { path: heavy, reachable: true },
  },
  {
    name: 'run-without-screen',
    comment: 'rx-nvae/run loads neither React nor Ink',
    severity: 'error',
    from: { path: '^src/entries/run[.]ts$' },
    to: { path: [packagePattern('react'), packagePattern('ink')], reachable: true },
  },
  {
    name: 'model-without-streams',
    comment: 'rx-nvae/model loads no RxJS',
    severity: 'error',
    from: { path: '^src/entries/model[.]ts$' },
    to: { path: packagePattern('rxjs'), reachable: true },
  },
  {
    name: 'ui-stays-light',
    comment: 'screens show plain data: they load no engine or model',
    severity: 'error',
    from: { path: folderPattern(['ui']) },
    to: { path: folderPattern(['engine', 'model', 'training']), reachable: true },
  },
  {
    name: 'cli-starts-at-once',
    comment: 'commands load their action, React and the engine only when they are called',
    severity: 'error',
    from: { path: '^src/cli/main[.]ts$' },
    to: { path: [...heavy, packagePattern('react'), packagePattern('ink')], reachable: true },
  },
];
