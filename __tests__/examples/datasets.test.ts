/** The datasets of the examples. */
import { expect, test } from '@jest/globals';
import { drawDisc } from '../../examples/own-dataset/drawDisc.js';
import { greys } from '../support/recipes.js';

test('discs should be drawn by their index alone, at any size', () => {
  expect(drawDisc(7, 16)).toEqual(drawDisc(7, 16));
  expect(drawDisc(7, 16)).not.toEqual(drawDisc(8, 16));
  expect(drawDisc(7, 8)).toHaveLength(3 * 8 * 8);
  expect(new Set(greys({ pixels: drawDisc(7, 16) }))).toEqual(new Set([255, (7 * 53) % 200]));
});
