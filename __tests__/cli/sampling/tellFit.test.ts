import { expect, test } from '@jest/globals';
import { tellFit } from '../../../src/cli/sampling/tellFit.js';
import type { Output } from '../../../src/cli/terminal/output.js';
import { defaultFit, type ImageFit } from '../../../src/config/imageFit.js';
import type { Nvae } from '../../../src/model/nvae.js';

test.each<[Partial<ImageFit>, string[]]>([
  [{}, []],
  [{ fit: 'contain', background: '#204060' }, ['fit contain, background #204060']],
  [{ fitPosition: 'top', randomCrop: 1.25 }, ['fit_position top, random_crop 1.25']],
])('should tell what differs from the default: %j', (imageFit, told) => {
  const lines: string[] = [];
  const output = { progress: (line: string) => lines.push(line) } as unknown as Output;
  tellFit({ imageFit: { ...defaultFit, ...imageFit } } as Nvae, output);
  expect(lines).toEqual(told.map((text) => `images are fitted as in training (${text})`));
});
