/** What `paper: true` at the top of a file stands for. */
import { isSection } from './fileContent.js';

type Section = Readonly<Record<string, unknown>>;

interface PaperValue {
  readonly key: string;
  readonly value: unknown;
  /** Whether a model with the other keys of the file has a use for it. @default always */
  readonly isFor?: (content: Section) => boolean;
}

/** Keys of the architecture, with their values of the NVAE paper (Vahdat & Kautz 2020, arXiv 2007.03898). */
const modelValues: readonly PaperValue[] = [
  { key: 'flow_weight_norm', value: true },
  {
    key: 'joint_colours',
    value: true,
    isFor: (content) => hasLogisticMixture(content) && (content.image_channels ?? 3) === 3,
  },
  { key: 'normalized_likelihood', value: true, isFor: hasLogisticMixture },
];

/** Keys in `training_parameters`. */
const trainingValues: readonly PaperValue[] = [
  { key: 'spectral_regularization', value: 'power_iteration' },
  { key: 'kl_balancing', value: 'size' },
];

/**
 * Returns the content of a file with the keys that `paper: true` stands for. A key that the file has keeps its value. Any other
 * content is returned as it is.
 * @param content the content of a configuration file, not yet checked
 */
export function paperContent(content: unknown): unknown {
  if (!isSection(content) || content.paper !== true) return content;
  const { training_parameters: training = {} } = content;
  return {
    ...withPaperValues(content, modelValues, content),
    training_parameters: isSection(training) ? withPaperValues(training, trainingValues, content) : training,
  };
}

function hasLogisticMixture({ sampling_method }: Section): boolean {
  return sampling_method === 'logistic_mixture';
}

function withPaperValues(section: Section, values: readonly PaperValue[], content: Section): Section {
  const absent = values.filter(
    ({ key, isFor }) => !Object.hasOwn(section, key) && (isFor?.(content) ?? true),
  );
  return { ...section, ...Object.fromEntries(absent.map(({ key, value }) => [key, value])) };
}
