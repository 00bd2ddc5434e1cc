/** The keys of the cherry screen, for the bottom line and the help. */
import type { KeyHelp } from '../KeyList.js';
import type { Page } from './pages.js';

function viewKeys(page: Page | undefined): readonly KeyHelp[] {
  const turning = {
    key: '←→',
    short: 'page',
    long: 'turn the page, if the images do not all fit',
  };
  const size = {
    key: 'z',
    short: page?.canGrow === false ? 'smaller' : 'larger',
    long: 'show fewer, larger images, or all again',
  };
  return page && page.pages < 2 ? [size] : [turning, size];
}

const common: readonly KeyHelp[] = [
  {
    key: 'q',
    short: 'quit',
    long: 'quit without saving (asks if there are picks); also esc',
  },
  { key: '?', short: 'help', long: 'this page' },
];

/** Keys for picking from batches of `images` images. With a page, they describe what they do on it. */
export function pickingKeys(images: number, page?: Page): readonly KeyHelp[] {
  return [
    {
      key: `1-${images}`,
      short: 'pick/unpick',
      long: 'pick the image with this number, or unpick it',
    },
    { key: '0', short: 'next batch', long: 'show the next batch; picks are kept' },
    { key: 'u', short: 'undo', long: 'undo the last pick, also one from an earlier batch' },
    ...viewKeys(page),
    ...common,
  ];
}

/** Keys when all `keep` images are picked. */
export function orderingKeys(keep: number, page?: Page): readonly KeyHelp[] {
  return [
    {
      key: `1-${keep}`,
      short: 'place/remove',
      long: 'put this pick in the next free place, or remove it',
    },
    { key: 'u', short: 'undo', long: 'remove the pick placed last, or undo the last pick' },
    { key: 'enter', short: 'save', long: 'save the grid once all are placed' },
    ...viewKeys(page),
    ...common,
  ];
}
