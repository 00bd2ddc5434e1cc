/** The keys of the cherry screen, for the bar below and the help. */
import type { KeyHelp } from '../KeyList.js';
import type { Page } from './pages.js';

function viewKeys(page: Page | undefined): readonly KeyHelp[] {
  const turning = {
    key: '←→',
    short: 'page',
    long: 'the next images of this batch, where not all are on the screen',
  };
  const size = {
    key: 'z',
    short: page?.canGrow === false ? 'smaller' : 'larger',
    long: 'fewer images, and larger; after a single one all of them again',
  };
  return page && page.pages < 2 ? [size] : [turning, size];
}

const common: readonly KeyHelp[] = [
  {
    key: 'q',
    short: 'leave',
    long: 'leave without saving; asks where picks would be lost; esc does the same',
  },
  { key: '?', short: 'help', long: 'this page' },
];

/** While images are picked; the batches have so many. On a page the keys say what they do there. */
export function pickingKeys(images: number, page?: Page): readonly KeyHelp[] {
  return [
    {
      key: `1-${images}`,
      short: 'pick or leave',
      long: 'pick the image of this number, or leave it where it is picked',
    },
    { key: '0', short: 'next batch', long: 'show the next images; picks are kept' },
    { key: 'u', short: 'undo', long: 'take back the last pick, also one of an earlier batch' },
    ...viewKeys(page),
    ...common,
  ];
}

/** When all `keep` are picked. */
export function orderingKeys(keep: number, page?: Page): readonly KeyHelp[] {
  return [
    {
      key: `1-${keep}`,
      short: 'place or take out',
      long: 'put this pick in the next free place, or take it out where it has one',
    },
    { key: 'u', short: 'undo', long: 'take out the last; where none is in place, take back the last pick' },
    { key: 'enter', short: 'save', long: 'save the grid, when all are in place' },
    ...viewKeys(page),
    ...common,
  ];
}
