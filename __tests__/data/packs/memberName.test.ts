import { expect, test } from '@jest/globals';
import { memberName } from '../../../src/data/packs/memberName.js';

test.each([
  ['cats/1.jpg', 'cats/1.jpg'],
  ['Übung.PNG', 'Übung.PNG'],
  ['00000', '00000.png'],
  ['scan.v2', 'scan.v2.png'],
  ['/etc/../a.png', 'etc/_./a.png'],
  ['./.hidden/.b.png', '_hidden/_b.png'],
  ['C:/d.png', 'C_/d.png'],
  ['C:\\d.png', 'C_\\d.png'],
  ['/C:/d.png', 'C_/d.png'],
  ['x:2.png', 'x:2.png'],
  ['__MACOSX/e.png', '___MACOSX/e.png'],
  ['f\0.png', 'f_.png'],
  ['..', '_..png'],
  ['/', 'image.png'],
])('%j should be %j in an archive', (name, expected) => {
  expect(memberName(name)).toBe(expected);
});
