import { expect, test } from '@jest/globals';
import { reportTable } from '../../../src/cli/datasets/reportTable.js';
import type { DatasetReport } from '../../../src/streams/datasets/datasetEvents.js';

const nothing = { images: 0, first: [] };
const plain: DatasetReport = {
  type: 'report',
  dataset: 'digits.idx',
  images: 10_000,
  total: 10_000,
  stopped: false,
  size: 28,
  damaged: nothing,
  unread: nothing,
  sizes: {
    images: 10_000,
    smallest: { width: 28, height: 28 },
    mostCommon: { width: 28, height: 28, images: 10_000 },
    largest: { width: 28, height: 28 },
    different: 1,
    shorterSide: 28,
    enlarged: 0,
  },
  formats: [{ format: 'uint8', images: 10_000 }],
  colours: { grey: 10_000, colour: 0, alpha: 0, greyPixels: 10_000 },
  duplicates: { groups: 0, surplus: 0, first: [] },
  oneColour: nothing,
  mean: [0.13066],
  standardDeviation: [0.30811],
  nearlyBlackOrWhite: 0.941,
  fits: { configuration: 'digits', set: [], reason: 'small drawings' },
};

test('should say in a few lines what a plain dataset has', () => {
  expect(reportTable(plain)).toBe(
    `digits.idx: 10,000 images; pixels are those at 28x28
sizes          all 28x28
formats        uint8 10,000
colours        10,000 in grey
damaged        none
duplicates     none
one colour     none
mean           0.1307  of grey, from 0 to 1
deviation      0.3081
black, white   94 % of the values are nearly black or white
fits           digits
               small drawings`,
  );
});

test('should name the first of what needs attention', () => {
  const mixed: DatasetReport = {
    ...plain,
    dataset: 'photos',
    images: 2_000,
    stopped: true,
    size: 64,
    damaged: { images: 3, first: [{ name: 'a\n.png', reason: 'torn' }] },
    unread: { images: 1, first: [{ name: 'b.png', reason: 'ENOENT' }] },
    sizes: {
      images: 1_996,
      smallest: { width: 8, height: 9 },
      mostCommon: { width: 178, height: 218, images: 1 },
      largest: { width: 4000, height: 3000 },
      different: 1_996,
      shorterSide: 178,
      enlarged: 12,
    },
    formats: [
      { format: 'jpeg', images: 1_995 },
      { format: 'png', images: 1 },
    ],
    colours: { grey: 6, colour: 1_990, alpha: 1, greyPixels: 8 },
    duplicates: { groups: 2, surplus: 3, first: [['c.png', `${'d'.repeat(60)}.png`]] },
    oneColour: { images: 1, first: ['e.png'] },
    mean: [0.5, 0.4, 0.3],
    standardDeviation: [0.1, 0.2, 0.25],
    fits: { configuration: 'demo', set: ['input_dimension=24', 'image_channels=1'], reason: 'few' },
  };
  expect(reportTable(mixed)).toBe(
    `photos: 2,000 of 10,000 images; pixels are those at 64x64
sizes          8x9 to 4000x3000, 1,996 different (width x height)
               most common 178x218: 1 image
               median of the shorter sides: 178
               12 images smaller than 64x64, and enlarged
formats        jpeg 1,995, png 1
colours        1,990 in colour, 6 in grey, 1 with alpha, 8 have grey pixels only
damaged        3 images
               a\uFFFD.png: torn
               and 2 more
unread         1 image
               b.png: ENOENT
duplicates     3 images with the pixels of another, in 2 groups
               c.png = ${'d'.repeat(37)}...
               and 1 more
one colour     1 image
               e.png
mean           0.5000  0.4000  0.3000  of red, green, blue, from 0 to 1
deviation      0.1000  0.2000  0.2500
black, white   94 % of the values are nearly black or white
fits           demo --set input_dimension=24 --set image_channels=1
               few`,
  );
});

test('should leave out what is unknown', () => {
  const unknown = { ...plain, sizes: null, formats: [], mean: null, standardDeviation: null, fits: null };
  const colours = { grey: 0, colour: 0, alpha: 0, greyPixels: 0 };
  expect(reportTable({ ...unknown, images: 1, total: 1, colours })).toBe(
    `digits.idx: 1 image; pixels are those at 28x28
damaged        none
duplicates     none
one colour     none`,
  );
});
