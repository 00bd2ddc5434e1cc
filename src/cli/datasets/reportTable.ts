/** What a dataset has, as a table for people. Pure. */
import { cut, printable } from '../../base/messageText.js';
import type { DatasetReport, ImageSize, LeftOut } from '../../streams/datasets/datasetEvents.js';
import { count, percent } from '../../ui/format.js';
import { filled } from '../../ui/text.js';

/** Where the second column begins. */
const indent = 15;
const longestName = 40;
const longestReason = 120;

/** A report in lines: a heading, then one line or more for each thing. */
export function reportTable(report: DatasetReport): string {
  const lines = [
    ...sizes(report),
    line('formats', report.formats.map(({ format, images }) => `${format} ${count(images)}`).join(', ')),
    line('colours', colours(report)),
    ...leftOut('damaged', report.damaged),
    ...leftOut('unread', report.unread),
    ...duplicates(report),
    ...oneColour(report),
    ...values(report),
    ...fits(report),
  ];
  return [heading(report), ...lines.filter((text) => text !== null)].join('\n');
}

/** Where a contact sheet is. */
export function sheetLine(path: string): string {
  return filled('sheet', indent) + path;
}

function heading({ dataset, images, total, stopped, size }: DatasetReport): string {
  const some = stopped ? `${count(images)} of ${of(total, 'image')}` : of(total, 'image');
  return `${printable(dataset)}: ${some}; pixels are those at ${size}x${size}`;
}

function sizes({ sizes: found, size }: DatasetReport): (string | null)[] {
  if (!found) return [];
  const { images, mostCommon, smallest, largest, different, shorterSide, enlarged } = found;
  if (different === 1) return [line('sizes', `all ${text(mostCommon)}`), smaller(enlarged, images, size)];
  return [
    line('sizes', `${text(smallest)} to ${text(largest)}, ${count(different)} different (width x height)`),
    line('', `most common ${text(mostCommon)}: ${of(mostCommon.images, 'image')}`),
    line('', `median of the shorter sides: ${count(shorterSide)}`),
    smaller(enlarged, images, size),
  ];
}

function smaller(enlarged: number, images: number, size: number): string | null {
  if (enlarged === 0) return null;
  const some = enlarged === images ? 'all' : of(enlarged, 'image');
  return line('', `${some} smaller than ${size}x${size}, and enlarged`);
}

function colours({ colours: found, images, damaged, unread }: DatasetReport): string {
  const { grey, colour, alpha, greyPixels } = found;
  const decoded = images - damaged.images - unread.images;
  const parts = [
    colour > 0 ? `${count(colour)} in colour` : '',
    grey > 0 ? `${count(grey)} in grey` : '',
    alpha > 0 ? `${count(alpha)} with alpha` : '',
    greyPixels > grey ? `${greyPixels === decoded ? 'all' : count(greyPixels)} have grey pixels only` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

function leftOut(title: string, { images, first }: LeftOut): (string | null)[] {
  if (images === 0) return title === 'damaged' ? [line(title, 'none')] : [];
  const names = first.map(({ name, reason }) =>
    line('', `${shortened(name)}: ${cut(printable(reason), longestReason)}`),
  );
  return [line(title, of(images, 'image')), ...names, more(images - first.length)];
}

function duplicates({ duplicates: { groups, surplus, first } }: DatasetReport): (string | null)[] {
  if (groups === 0) return [line('duplicates', 'none')];
  const what = `${of(surplus, 'image')} with the pixels of another, in ${of(groups, 'group')}`;
  const names = first.map((group) => line('', group.map(shortened).join(' = ')));
  return [line('duplicates', what), ...names, more(groups - first.length)];
}

function oneColour({ oneColour: { images, first } }: DatasetReport): (string | null)[] {
  if (images === 0) return [line('one colour', 'none')];
  return [
    line('one colour', of(images, 'image')),
    ...first.map((name) => line('', shortened(name))),
    more(images - first.length),
  ];
}

function values({ mean, standardDeviation, nearlyBlackOrWhite }: DatasetReport): (string | null)[] {
  if (!mean || !standardDeviation) return [];
  const of = mean.length === 1 ? 'of grey' : 'of red, green, blue';
  const numbers = (all: readonly number[]) => all.map((value) => value.toFixed(4)).join('  ');
  return [
    line('mean', `${numbers(mean)}  ${of}, from 0 to 1`),
    line('deviation', numbers(standardDeviation)),
    line('black, white', `${percent(nearlyBlackOrWhite)} of the values are nearly black or white`),
  ];
}

function fits({ fits: found }: DatasetReport): (string | null)[] {
  if (!found) return [];
  const set = found.set.map((one) => ` --set ${one}`).join('');
  return [line('fits', `${found.configuration}${set}`), line('', found.reason)];
}

/** Null for a line without content. */
function line(title: string, content: string): string | null {
  return content === '' ? null : filled(title, indent) + content;
}

function more(number: number): string | null {
  return number > 0 ? line('', `and ${count(number)} more`) : null;
}

function of(number: number, unit: string): string {
  return `${count(number)} ${unit}${number === 1 ? '' : 's'}`;
}

function text({ width, height }: ImageSize): string {
  return `${width}x${height}`;
}

function shortened(name: string): string {
  return cut(printable(name), longestName);
}
