/**
 * The section of a version in a changelog, or the unreleased one.
 * @param {string} text the whole changelog
 * @param {string} version
 * @returns {{ heading: string, text: string, isOfVersion: boolean }} the text without its heading
 * @throws Error when there is neither
 */
export function sectionOf(text, version) {
  const sections = text.split(/^## /m).slice(1);
  for (const heading of [version, 'Unreleased']) {
    const found = sections.find((section) => section.split(/\s/, 1)[0] === heading);
    if (found) {
      const body = found.slice(found.indexOf('\n')).trim();
      return { heading: found.split('\n', 1)[0].trim(), text: body, isOfVersion: heading === version };
    }
  }
  throw new Error(`CHANGELOG.md has neither "## ${version}" nor "## Unreleased"`);
}
