/** Why this version of Node cannot run `nvae`; null if it satisfies a range like ">=20.10". Must load on any Node. */
export function nodeVersionProblem(version: string, range: string): string | null {
  const needed = range.replace('>=', '');
  const [found, least] = [version, needed].map((text) => text.split('.').map(Number));
  for (let i = 0; least && found && i < least.length; i += 1) {
    const difference = (found[i] || 0) - (least[i] || 0);
    if (difference > 0) return null;
    if (difference < 0) return `needs Node ${needed} or later (this is ${version}); see https://nodejs.org`;
  }
  return null;
}
