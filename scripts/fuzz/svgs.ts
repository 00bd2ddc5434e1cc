/** SVG is a language: these pictures grow, loop, or refer to other files. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Expected, Recipe } from './fuzzCase.js';
import { file } from './fuzzCase.js';

const open = (attributes = 'width="20" height="20"') =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>`;
const svg = (content: string, attributes?: string) => `${open(attributes)}${content}</svg>`;
const named = (name: string, expected: Expected, content: () => string): Recipe =>
  file(`svg: ${name}`, 'x.svg', expected, content);

const path = (lines: number) => svg(`<path stroke="red" d="M0 0${' L9 9 0 9'.repeat(lines)}"/>`);

/** Each group uses the previous one ten times. */
function uses(levels: number): string {
  const groups = Array.from({ length: levels }, (_, i) => {
    return `<g id="g${i + 1}">${`<use xlink:href="#g${i}" x="1"/>`.repeat(10)}</g>`;
  });
  return `<defs><rect id="g0" width="1" height="1"/>${groups.join('')}</defs><use xlink:href="#g${levels}"/>`;
}

/** Each entity contains the previous one ten times. */
function entities(levels: number): string {
  const lines = Array.from({ length: levels }, (_, i) => {
    return `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`;
  });
  return `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e0 "ha">${lines.join('')}]>`;
}

export const svgRecipes: readonly Recipe[] = [
  named('whole', 'accepted', () => svg('<rect width="9" height="9" fill="red"/>')),
  named('a huge viewBox', 'either', () => svg('<rect width="9" height="9"/>', 'viewBox="0 0 1e9 1e9"')),
  named('30000 x 30000', 'refused', () => svg('', 'width="30000" height="30000"')),
  named('1e9 x 1e9', 'refused', () => svg('', 'width="1e9" height="1e9"')),
  named('10000000 mm', 'refused', () => svg('', 'width="10000000mm" height="10000000mm"')),
  named('no size', 'either', () => svg('', '')),
  named('a negative size', 'either', () => svg('', 'width="-5" height="-5"')),
  named('no number', 'either', () => svg('', 'width="NaN" height="Infinity"')),
  named('entities', 'refused', () => `${entities(12)}${svg('<text>&e12;</text>')}`),
  named('entities in an attribute', 'refused', () => `${entities(12)}${svg('<rect width="&e12;"/>')}`),
  named('a file for an entity', 'either', () => {
    return `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e SYSTEM "file:///dev/zero">]>${svg('<text>&e;</text>')}`;
  }),
  named('uses of uses', 'either', () => svg(uses(9))),
  named('a use of itself', 'either', () => svg('<g id="a"><use xlink:href="#a"/></g>')),
  named('a device for an image', 'either', () =>
    svg('<image xlink:href="file:///dev/zero" width="9" height="9"/>'),
  ),
  named('an address for an image', 'either', () =>
    svg('<image xlink:href="http://192.0.2.1/x.png" width="9" height="9"/>'),
  ),
  named('itself for an image', 'either', () => svg('<image xlink:href="x.svg" width="9" height="9"/>')),
  {
    name: 'svg: a pipe for an image',
    file: 'x.svg',
    expected: 'either',
    write: async (path) => {
      await promisify(execFile)('mkfifo', [join(dirname(path), 'pipe')]);
      await writeFile(path, svg('<image xlink:href="pipe" width="9" height="9"/>'));
    },
  },
  named('nested groups', 'either', () => svg(`${'<g>'.repeat(100_000)}${'</g>'.repeat(100_000)}`)),
  named('nested groups, not closed', 'refused', () => `${open()}${'<g>'.repeat(100_000)}`),
  named('a blur of everything', 'either', () => {
    const filter = '<filter id="f"><feGaussianBlur stdDeviation="100000"/></filter>';
    return svg(`${filter}<rect width="3000" height="3000" filter="url(#f)"/>`, 'width="3000" height="3000"');
  }),
  named('filters', 'either', () => {
    const noise = '<feTurbulence baseFrequency="0.5" numOctaves="1000"/>'.repeat(50);
    return svg(
      `<filter id="f">${noise}</filter><rect width="2000" height="2000" filter="url(#f)"/>`,
      'width="2000" height="2000"',
    );
  }),
  named('patterns in patterns', 'either', () => {
    const patterns = Array.from({ length: 30 }, (_, i) => {
      const inside = `<rect width="9" height="9" fill="url(#p${i})"/>`.repeat(9);
      return `<pattern id="p${i + 1}" width="3" height="3" patternUnits="userSpaceOnUse">${inside}</pattern>`;
    });
    return svg(`<defs>${patterns.join('')}</defs><rect width="20" height="20" fill="url(#p30)"/>`);
  }),
  named('a path of a million lines', 'refused', () => path(500_000)),
  named('a path of lines, within the limit', 'accepted', () => path(150_000)),
  file('svg: packed', 'x.svg', 'refused', () => gzipSync(svg('<rect width="9" height="9"/>'))),
  file('svg: packed lines', 'x.svg', 'refused', () => gzipSync(path(5_000_000))),
  file('svg: packed spaces', 'x.svg', 'refused', () => gzipSync(svg(' '.repeat(2e8)))),
  named('dashes', 'either', () =>
    svg('<path stroke="red" stroke-dasharray="0.000001" d="M0 0 L1000000 0"/>'),
  ),
  named('style that imports', 'either', () => svg('<style>@import url("file:///dev/zero");</style>')),
];
