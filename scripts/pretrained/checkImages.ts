/** The images that a pretrained model is measured on. */

import { idxDataset } from '../../src/data/arrays/idx.js';
import type { Dataset } from '../../src/data/dataset.js';
import { mnist } from '../mnist.js';
import { datasetOfFiles, emojiSplit } from './emojiSplit.js';

/** For each pretrained model: all images that it is scored on; the first 100 are those of the test. */
export const checkImages: Readonly<Record<string, () => Promise<Dataset>>> = {
  emoji: async () => datasetOfFiles('emoji', (await emojiSplit()).heldOut),
  digits: async () => idxDataset(mnist('test')),
};

/** Number of images of the test. */
export const checked = 100;
