/** Outcomes of the cases, counted by kind. */
import type { Result } from './child.js';
import type { FuzzCase, Kind } from './fuzzCase.js';
import { kinds } from './fuzzCase.js';

export interface CaseReport {
  readonly kind: Kind;
  readonly name: string;
  readonly number: number;
  readonly seed: number;
  readonly outcome: 'accepted' | 'refused' | 'crash' | 'hang';
  readonly messages: readonly string[];
  readonly faults: readonly string[];
  readonly megabytes: number;
}

export interface Counts {
  readonly kind: Kind;
  readonly cases: number;
  readonly accepted: number;
  readonly refused: number;
  readonly unclear: number;
  readonly crashes: number;
  readonly hangs: number;
  readonly blowUps: number;
  readonly peakMegabytes: number;
}

const megabyte = 1e6;

/** @param limit megabytes that a case may use in addition to memory already in use */
export function reportOf(
  { kind, recipe, number, seed }: FuzzCase,
  result: Result,
  limit: number,
): CaseReport {
  const common = { kind, name: recipe.name, number, seed };
  if (result.kind === 'hang')
    return { ...common, outcome: 'hang', messages: [], faults: ['no answer in time'], megabytes: 0 };
  if (result.kind === 'crash')
    return { ...common, outcome: 'crash', messages: [], faults: [result.why], megabytes: 0 };
  const { accepted, messages, faults, bytesBefore, bytesPeak } = result.answer;
  const megabytes = Math.max(0, Math.round((bytesPeak - bytesBefore) / megabyte));
  const more = megabytes > limit ? [`${blowUp} ${megabytes} MB`] : [];
  return {
    ...common,
    outcome: accepted ? 'accepted' : 'refused',
    messages,
    faults: [...faults, ...more],
    megabytes,
  };
}

const blowUp = 'took';

export function countByKind(reports: readonly CaseReport[]): Counts[] {
  return kinds.map((kind) => {
    const own = reports.filter((report) => report.kind === kind);
    const count = (test: (report: CaseReport) => boolean) => own.filter(test).length;
    const tooLarge = (fault: string) => fault.startsWith(blowUp);
    const answered = ({ outcome }: CaseReport) => outcome === 'accepted' || outcome === 'refused';
    return {
      kind,
      cases: own.length,
      accepted: count(({ outcome }) => outcome === 'accepted'),
      refused: count(({ outcome }) => outcome === 'refused'),
      unclear: count((report) => answered(report) && report.faults.some((fault) => !tooLarge(fault))),
      crashes: count(({ outcome }) => outcome === 'crash'),
      hangs: count(({ outcome }) => outcome === 'hang'),
      blowUps: count(({ faults }) => faults.some(tooLarge)),
      peakMegabytes: Math.max(0, ...own.map(({ megabytes }) => megabytes)),
    };
  });
}

const headings = [
  'kind',
  'cases',
  'accepted',
  'refused',
  'unclear',
  'crashes',
  'hangs',
  'blow-ups',
  'peak MB',
];

export function table(counts: readonly Counts[]): string {
  const rows = [headings, ...counts.map((count) => Object.values(count).map(String))];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return rows.map(line).join('\n');
}
