/** Prints, after jest's summary, the engines that the every-engine suite ran on, and why not on others. */
export default class EngineSummary {
  onRunComplete(_contexts, { testResults }) {
    const suites = testResults.flatMap((file) =>
      file.testFilePath.endsWith('everyEngine.test.ts') ? file.testResults : [],
    );
    const titled = (...states) =>
      suites.filter(({ status }) => states.includes(status)).map(({ title }) => title.replace(/^on /, ''));
    const lines = [
      ['Engines tested beside native: ', titled('passed', 'failed').map((title) => title.split(':')[0])],
      ['Engines skipped: ', titled('pending').filter((title) => title.includes(': SKIPPED, '))],
    ];
    for (const [name, engines] of lines)
      if (engines.length > 0) process.stderr.write(`${name}${engines.join('; ')}\n`);
  }
}
