/**
 * The exports of the native addon. Functions take typed arrays made in JavaScript and fill them. TypeScript checks shapes and
 * sizes; C++ trusts them.
 */
import type { InstructionSet } from '../settings.js';

type Floats = Float32Array;
type Ints = Int32Array;
/** float32, or bfloat16 as its bits. */
export type Features = Float32Array | Uint16Array;
type Values = Float32Array | Float64Array | Int32Array | Uint16Array | Uint8Array;
/** Rows, channels, epsilon, whether a SiLU follows. */
type NormShape = [rows: number, channels: number, epsilon: number, silu: number];
type FoldedNorm = [scale: Floats, shift: Floats];
type AdamaxArguments = [
  learningRate: number,
  beta1: number,
  beta2: number,
  epsilon: number,
  weightDecay: number,
  gradientScale: number,
  gradient: Floats,
  parameter: Floats,
  m: Floats,
  u: Floats,
];
/** Kind: 0 normal, 1 logistic, 2 normalized logistic, 3 and 4 the same for the three colours of a pixel together. */
type MixtureShape = [kind: number, rows: number, k: number];
type ExciteShape = [batch: number, pixels: number, channels: number, hidden: number, weight: number];
type ExciteWeights = [w1: Floats, b1: Floats, w2: Floats, b2: Floats];
type ExciteState = [means: Floats, hidden: Floats, factors: Floats];
type WeightShape = [rows: number, columns: number, inputs: number, smallestNorm: number];
type SpectralState = [penalty: Floats | null, norm: Floats, v0: Floats, v1: Floats, a: Floats, b: Floats];

/** A recorded sequence of calls of kernels. */
export interface NativeProgram {
  readonly program: unknown;
  /** Equal for programs with the same kernels, numbers, shapes and lengths of arrays, wherever the arrays are. */
  readonly fingerprint: string;
  /** The arrays that the calls use; the program is valid while they are alive. */
  readonly arrays: readonly Values[];
}

/** The exports of the compiled addon; native/binding/*.cc describes each function. */
export interface Addon {
  /** Instruction sets that this processor supports, best first. */
  instructionSets(): readonly InstructionSet[];
  simd(): InstructionSet;
  /** Selects one of `instructionSets()`; the default is the best. */
  setSimd(simd: InstructionSet): void;
  threads(): number;
  setThreads(threads: number): void;
  /** Bytes from the start of `bytes` to the first address in it that is a multiple of 64. */
  misalignment(bytes: Uint8Array): number;
  /** Floating-point operations per second of all threads together, on registers only. */
  peakFma(seconds: number): number;
  /** Whether convolutions and their input gradients can round factors to bfloat16 and are faster that way. */
  halfProducts(): boolean;

  /** From now on, records all calls of kernels, the functions below, besides executing them. */
  startProgram(): void;
  endProgram(): NativeProgram;
  /** Repeats the calls in the same memory. */
  runProgram(program: unknown): void;

  gemm(
    m: number,
    n: number,
    k: number,
    a: Floats,
    aOffset: number,
    transposeA: number,
    b: Floats,
    bOffset: number,
    transposeB: number,
    c: Floats,
    cOffset: number,
  ): void;
  /** y = activation(convolution * scale + shift), with scale and shift per output channel; the activation is SiLU or none. */
  conv2d(
    shape: Ints,
    x: Features,
    filter: Floats,
    scale: Floats | null,
    shift: Floats | null,
    silu: number,
    y: Features,
  ): void;
  conv2dInputGradient(shape: Ints, dy: Features, filter: Floats, dx: Features): void;
  conv2dFilterGradient(shape: Ints, x: Features, dy: Features, dfilter: Floats): void;
  depthwise(shape: Ints, x: Features, filter: Floats, y: Features): void;
  /** The shape in the order of ExpansionShape (native/kernels/matrix_table.h); a norm is a scale and a shift per channel. */
  expansion(
    shape: Ints,
    x: Features,
    ...weights: [
      ...FoldedNorm,
      expand: Floats,
      ...FoldedNorm,
      spatial: Floats,
      ...FoldedNorm,
      reduce: Floats,
      ...FoldedNorm,
      y: Floats,
    ]
  ): void;
  depthwiseInputGradient(shape: Ints, dy: Features, filter: Floats, dx: Features): void;
  depthwiseFilterGradient(shape: Ints, x: Features, dy: Features, dfilter: Floats): void;

  /** Names of tfjs' kernels; the index of a name is the number that selects its operation. */
  operations(): Readonly<Record<'unary' | 'binary' | 'comparisons' | 'reductions', readonly string[]>>;
  unary(operation: number, x: Floats, y: Floats, low: number, high: number): void;
  binary(operation: number, strides: Ints, a: Floats, b: Floats, y: Floats): void;
  compare(operation: number, strides: Ints, a: Floats, b: Floats, y: Uint8Array): void;
  select(condition: Uint8Array, a: Floats, b: Floats, y: Floats): void;
  reduce(operation: number, outer: number, n: number, inner: number, x: Features, y: Floats): void;
  softmax(rows: number, n: number, log: number, x: Floats, y: Floats): void;
  copy(
    strides: Ints,
    elementBytes: number,
    from: Values,
    fromOffset: number,
    to: Values,
    toOffset: number,
  ): void;
  batchNorm(
    ...shapeAndTensors: [
      ...NormShape,
      x: Features,
      gamma: Floats,
      beta: Floats,
      y: Features,
      mean: Floats,
      variance: Floats,
    ]
  ): void;
  /** Per channel, the sum of the values and that of their squares, for `batchStatistics`. */
  batchSums(...shapeAndTensors: [...NormShape, x: Features, sums: Float64Array]): void;
  batchStatistics(rows: number, sums: Float64Array, mean: Floats, variance: Floats): void;
  /** g is the gradient in the input of the activation: stored as dy is, and may be dy. Not written without an activation. */
  batchNormGradientSums(
    ...shapeAndTensors: [
      ...NormShape,
      dy: Features,
      x: Features,
      gamma: Floats,
      beta: Floats,
      mean: Floats,
      variance: Floats,
      g: Features,
      dgamma: Floats,
      dbeta: Floats,
    ]
  ): void;
  /** dgamma, dbeta and `wholeRows` are those of the whole batch. dx is stored as g is, and may be g. */
  batchNormGradient(
    ...shapeAndTensors: [
      ...NormShape,
      wholeRows: number,
      g: Features,
      x: Features,
      gamma: Floats,
      mean: Floats,
      variance: Floats,
      dgamma: Floats,
      dbeta: Floats,
      dx: Features,
    ]
  ): void;
  normalize(
    ...shapeAndTensors: [
      ...NormShape,
      x: Features,
      mean: Floats,
      variance: Floats,
      gamma: Floats,
      beta: Floats,
      y: Features,
    ]
  ): void;
  /** For a norm with given statistics of what a convolution with this bias, or none, gives. */
  foldNorm(
    channels: number,
    epsilon: number,
    bias: Floats | null,
    ...statisticsScaleAndShift: [Floats, Floats, Floats, Floats, Floats, Floats]
  ): void;
  resizeBilinear(
    inShape: Ints,
    height: number,
    width: number,
    alignCorners: number,
    x: Floats,
    y: Floats,
  ): void;
  resizeBilinearGradient(
    inShape: Ints,
    height: number,
    width: number,
    alignCorners: number,
    dy: Floats,
    dx: Floats,
  ): void;
  /** dx is stored as dy is. */
  upsampleGradient(inShape: Ints, factor: number, dy: Features, dx: Features): void;
  /** The 2-norm of all tensors together. */
  globalNorm(tensors: readonly Floats[], y: Floats): void;
  /** The sum of few values, in double precision. */
  total(x: Floats, y: Floats): void;
  adamax(...step: AdamaxArguments): void;
  adamaxAveraged(...step: [...AdamaxArguments, average: Floats, averageWeight: number]): void;
  mixtureLogProb(...shapeAndTensors: [...MixtureShape, parameters: Floats, colours: Floats, y: Floats]): void;
  mixtureLogProbGradient(
    ...shapeAndTensors: [
      ...MixtureShape,
      parameters: Floats,
      colours: Floats,
      dy: Floats,
      dparameters: Floats,
    ]
  ): void;
  /** Not for joint colours. */
  mixtureMean(...shapeAndTensors: [...MixtureShape, parameters: Floats, y: Floats]): void;
  accumulate(x: Features, sum: Floats): void;
  moveAverage(weight: number, factor: number, floor: number, value: Floats, average: Floats): void;
  squeezeExcite(
    ...shapeAndTensors: [
      ...ExciteShape,
      skip: Floats,
      branch: Features,
      ...ExciteWeights,
      ...ExciteState,
      y: Floats,
    ]
  ): void;
  squeezeExciteGradient(
    ...shapeAndTensors: [
      ...ExciteShape,
      dy: Floats,
      branch: Features,
      ...ExciteWeights,
      ...ExciteState,
      dbranch: Features,
      ...ExciteWeights,
    ]
  ): void;
  spectralPenalty(...shapeAndTensors: [...WeightShape, w: Floats, ...SpectralState, start: Floats]): void;
  /** Does not read the penalty itself. */
  spectralPenaltyGradient(
    ...shapeAndTensors: [...WeightShape, w: Floats, ...SpectralState, dy: Floats, dw: Floats]
  ): void;
  /** `shapes` has rows and columns of each weight; the vectors and norms of all weights are stored in sequence. */
  spectralNorms(
    iterations: number,
    smallestNorm: number,
    shapes: Int32Array,
    weights: readonly Floats[],
    before: Floats,
    u: Floats,
    v: Floats,
    norms: Floats,
  ): void;
  spectralNormsGradient(shapes: Int32Array, dy: Floats, u: Floats, v: Floats, dw: readonly Floats[]): void;
  weightNorm(rows: number, columns: number, epsilon: number, v: Floats, g: Floats, w: Floats): void;
  weightNormGradient(
    rows: number,
    columns: number,
    epsilon: number,
    dw: Floats,
    v: Floats,
    g: Floats,
    dv: Floats,
    dg: Floats,
  ): void;
  largestMagnitude(x: Floats, y: Floats): void;
  largestMagnitudeGradient(dy: Floats, x: Floats, dx: Floats): void;
  /** y = x, stored as y is. Rounds to nearest even. */
  convert(x: Features, y: Features): void;
}
