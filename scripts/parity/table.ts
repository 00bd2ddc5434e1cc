/** The table of comparisons with the PyTorch implementation, made from the reports of `npm run parity`. */
import type { CaseReport } from './report.js';

export type EngineReport = CaseReport & { readonly engine: string };

const begin = '<!-- made by npm run parity:table -->';
const end = '<!-- end of the table -->';

/**
 * A row per case and a column per engine, with the number of tensors and scalars that were compared, all within their tolerance.
 * @throws RangeError if a case has not passed, or an engine lacks a case that another has
 */
export function parityTable(reports: readonly EngineReport[]): string {
  const engines = [...new Set(reports.map(({ engine }) => engine))];
  const cases = [...new Set(reports.map((report) => report.case))].sort();
  if (reports.length === 0) throw new RangeError('parity table: there are no reports');
  const cell = (name: string, engine: string): string => {
    const report = reports.findLast((one) => one.case === name && one.engine === engine);
    if (!report) throw new RangeError(`parity table: ${engine} has no report of ${name}`);
    if (!report.passed) throw new RangeError(`parity table: ${name} did not pass on ${engine}`);
    return String(report.compared);
  };
  const header = ['case', ...engines.map((engine) => `\`${engine}\``)];
  const rows = cases.map((name) => [`\`${name}\``, ...engines.map((engine) => cell(name, engine))]);
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  return [header, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
}

/** The page with the table between its marks. @throws RangeError if the page has no marks */
export function withTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from)
    throw new RangeError(`parity table: the page needs the lines ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`;
}
