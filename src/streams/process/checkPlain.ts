/** Options of `train` that are functions or contain functions. */
const only = ['augment', 'loss', 'createTrainer', 'group'] as const;

/** What must be a path instead. */
const notPlain: Readonly<Record<string, string>> = {
  dataset: 'dataset must be a folder, or several',
  initFrom: 'initFrom must be a file',
};

/** @throws TypeError when an option cannot be sent to another process */
export function checkPlain(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  const found: string[] = only.filter((name) => given[name] !== undefined);
  if (given.dataset !== undefined && typeof given.dataset !== 'string' && !Array.isArray(given.dataset))
    found.push('dataset');
  if (given.initFrom !== undefined && typeof given.initFrom !== 'string') found.push('initFrom');
  const checkpoints = given.checkpoints as { readonly save?: unknown } | undefined;
  if (checkpoints?.save !== undefined) found.push('checkpoints.save');
  const [first] = found;
  if (first === undefined) return;
  const problem = notPlain[first] ?? `${first} cannot be sent to another process`;
  throw new TypeError(`trainInProcess: ${problem}; use train, which takes any dataset, model and functions`);
}
