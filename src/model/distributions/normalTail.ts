/**
 * The distribution function Phi of the standard normal distribution in float64, with full relative precision far into its lower
 * tail. Computed as the density times Mills' ratio R(z) = Phi(z) / density(z), which solves R' = 1 + z R.
 */

const logDensityAtZero = -0.5 * Math.log(2 * Math.PI);
const densityAtZero = Math.exp(logDensityAtZero);

/** Below this, the continued fraction needs only a few terms; above it there is a table. */
const tableStart = -12;
const nodesPerUnit = 64;
/** Coefficients of the polynomial around each node; the next term is below 1e-16. */
const terms = 7;
/** Terms that carry R from one node to the next. */
const termsPerNode = 12;

let table: Float64Array | null = null;

/**
 * Coefficients of R around each node, node after node. The differential equation gives all of them from R at the node. From the
 * left to the right, errors shrink.
 */
function ratioTable(): Float64Array {
  const nodes = -tableStart * nodesPerUnit + 1;
  const coefficients = new Float64Array(nodes * terms);
  const around = new Float64Array(termsPerNode);
  let ratio = continuedFraction(tableStart);
  for (let node = 0; node < nodes; node += 1) {
    const z = tableStart + node / nodesPerUnit;
    around[0] = ratio;
    around[1] = 1 + z * ratio;
    for (let n = 1; n + 1 < termsPerNode; n += 1) {
      around[n + 1] = (z * around[n]! + around[n - 1]!) / (n + 1);
    }
    coefficients.set(around.subarray(0, terms), node * terms);
    ratio = around.reduceRight((sum, coefficient) => sum / nodesPerUnit + coefficient, 0);
  }
  return coefficients;
}

/** R(z) for z <= -12. */
function continuedFraction(z: number): number {
  const x = -z;
  let denominator = x;
  for (let n = 12; n >= 1; n -= 1) denominator = x + n / denominator;
  return 1 / denominator;
}

/** R(z) for z <= 0. */
function millsRatio(z: number): number {
  if (!(z >= tableStart)) return continuedFraction(z);
  table ??= ratioTable();
  const place = (z - tableStart) * nodesPerUnit;
  const node = Math.round(place);
  const h = (place - node) / nodesPerUnit;
  const first = node * terms;
  let sum = 0;
  for (let n = terms - 1; n >= 0; n -= 1) sum = sum * h + table[first + n]!;
  return sum;
}

/** Returns Phi(z); 0 from about z = -38 down. */
export function normalProbability(z: number): number {
  const below = millsRatio(z > 0 ? -z : z) * densityAtZero * Math.exp(-0.5 * z * z);
  return z > 0 ? 1 - below : below;
}

/** Returns log Phi(z), also where Phi(z) itself is too small for a number. */
export function logNormalProbability(z: number): number {
  if (z > 0) return Math.log1p(-normalProbability(-z));
  return Math.log(millsRatio(z)) + logDensityAtZero - 0.5 * z * z;
}
