/** The images that a pretrained model is measured on. */
import type { Dataset } from '../../src/data/dataset.js';
import { mnistDigits } from '../mnist/mnistDigits.js';
import { datasetOfFiles, emojiSplit } from './emojiSplit.js';

/** For each pretrained model: all images that it is scored on; the first 100 are those of the test. */
export const checkImages: Readonly<Record<string, () => Promise<Dataset>>> = {
  emoji: async () => datasetOfFiles('emoji', (await emojiSplit()).heldOut),
  digits: () => mnistDigits('test'),
};

/** Number of images of the test. */
export const checked = 100;
