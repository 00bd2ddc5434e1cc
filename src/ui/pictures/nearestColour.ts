/** The numbered colours of terminals, and the nearest one to a given colour. Pure. */

export type Rgb = readonly [red: number, green: number, blue: number];

/** The colours of xterm, which most themes resemble. */
const sixteen: readonly Rgb[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];
const levels = [0, 95, 135, 175, 215, 255];
const [firstOfCube, firstOfGreys, greys] = [16, 232, 24];

/** Number of the nearest colour among xterm's 256: its cube of six levels, or its greys. Themes change the first 16. */
export function nearestOf256(colour: Rgb): number {
  const [red, green, blue] = [nearestLevel(colour[0]), nearestLevel(colour[1]), nearestLevel(colour[2])];
  const inCube: Rgb = [levels[red]!, levels[green]!, levels[blue]!];
  const mean = (colour[0] + colour[1] + colour[2]) / 3;
  const grey = Math.min(greys - 1, Math.max(0, Math.round((mean - 8) / 10)));
  const value = 8 + 10 * grey;
  return distance(colour, [value, value, value]) < distance(colour, inCube)
    ? firstOfGreys + grey
    : firstOfCube + 36 * red + 6 * green + blue;
}

/** Number of the nearest colour among the first 16. */
export function nearestOf16(colour: Rgb): number {
  const distances = sixteen.map((each) => distance(colour, each));
  return distances.indexOf(Math.min(...distances));
}

function nearestLevel(value: number): number {
  const distances = levels.map((level) => Math.abs(level - value));
  return distances.indexOf(Math.min(...distances));
}

/** Squared distance. */
function distance(a: Rgb, b: Rgb): number {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}
