/**
 * Causes of a failed build and their remedies. The first pattern that matches a line gives the cause. The order matters, because
 * one failure leads to further complaints from every program that called the failed one.
 */
const causes = [
  {
    pattern:
      /^(?:make(?:\[\d+\])?|\/bin\/sh): (?:(?:line )?\d+: )?(?<what>\S*(?:\+\+|cc|cl|clang)\S*): (?:command )?(?:No such file|not found|Permission denied)/i,
    reason: ({ what }) => `the C++ compiler ${what} was not found`,
    remedy: 'install a C++ compiler',
  },
  {
    pattern: /Could not find any Visual Studio|No Xcode or CLT version/,
    reason: () => 'no C++ compiler was found',
    remedy: 'install a C++ compiler',
  },
  // Compilers and linkers.
  { pattern: /^(?!gyp )(?<what>.*?: (?:fatal )?error: .*)/, reason: ({ what }) => what },
  {
    pattern: /^(?<what>\S*\bld(?:\.\w+)?: (?!warning).*|.*: undefined reference to .*)/,
    reason: ({ what }) => what,
  },
  {
    pattern: /Could not find any Python installation/,
    reason: () => 'python3 was not found',
    remedy: 'install python3',
  },
  { pattern: /Error: not found: make/, reason: () => 'make was not found', remedy: 'install make' },
  { pattern: /^gyp: (?<what>.*)/, reason: ({ what }) => what },
  { pattern: /^(?<what>make(?:\[\d+\])?: \*\*\* (?!Waiting).*)/, reason: ({ what }) => what },
  { pattern: /^gyp ERR! stack (?:Error: )?(?<what>.*)/, reason: ({ what }) => what },
];
const longest = 300;

/** Finds the cause of a failure in the output of node-gyp. */
export function causeOf(output) {
  const lines = output.split('\n').map((line) => line.trim());
  if (output.includes('rolling back install')) return failedDownload(output);
  for (const { pattern, reason, remedy = '' } of causes) {
    for (const line of lines) {
      const groups = pattern.exec(line)?.groups;
      if (pattern.test(line)) return { reason: reason(groups ?? {}).slice(0, longest), remedy };
    }
  }
  const last = lines.findLast((line) => line !== '') ?? 'node-gyp exited without output';
  return { reason: last.slice(0, longest), remedy: '' };
}

function failedDownload(output) {
  const url = /^gyp http GET (\S+)/m.exec(output)?.[1] ?? 'their server';
  const error = /^gyp ERR! stack (?:\w*Error: )?(.*)/m.exec(output)?.[1] ?? 'This is most likely';
  // Replaces node-gyp's guess, which is three lines long and does not say what happened.
  const why = error.startsWith('This is most likely') ? 'no connection' : error;
  return {
    reason: `the headers of Node could not be downloaded from ${url} (${why.slice(0, longest)})`,
    remedy: 'set npm_config_nodedir to a folder that has them in include/node',
  };
}
