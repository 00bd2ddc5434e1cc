/** The options that are compared on the emoji, each alone. */

export interface Variant {
  /** As for `--only`, and the name in the table. */
  readonly name: string;
  /** What differs from the configuration `demo`, as for `--set`. */
  readonly overrides: readonly string[];
  /** Name of the variant that it is compared with. */
  readonly against: string;
}

const t = 'training_parameters';
const paper = [
  'joint_colours=true',
  'normalized_likelihood=true',
  `${t}.spectral_regularization=power_iteration`,
  `${t}.kl_balancing=size`,
];

function variant(name: string, overrides: readonly string[], against = 'default'): Variant {
  return { name, overrides, against };
}

/** The default first. EMA is not among them: it does not change training, and every run is measured with and without it. */
export const variants: readonly Variant[] = [
  variant('default', []),
  variant('joint_colours', ['joint_colours=true']),
  variant('normalized_likelihood', ['normalized_likelihood=true']),
  variant('power_iteration', [`${t}.spectral_regularization=power_iteration`]),
  variant('kl_balancing_size', [`${t}.kl_balancing=size`]),
  variant('decoder_expansion_3', ['decoder_expansion=3']),
  variant('paper', paper),
  variant('flows', ['num_flows=1']),
  variant('flow_weight_norm', ['num_flows=1', 'flow_weight_norm=true'], 'flows'),
  variant('warmup_steps', [`${t}.learning_rate_warmup_steps=100`]),
  variant('linear', [`${t}.learning_rate_schedule=linear`]),
  variant('constant', [`${t}.learning_rate_schedule=constant`]),
];

/**
 * The variants of these names, and those that they are compared with.
 * @throws Error when there is none of a name
 */
export function pick(names: readonly string[] = variants.map(({ name }) => name)): readonly Variant[] {
  const wanted = new Set<string>(['default']);
  for (const name of names) {
    const found = variants.find(
      (other) => other.name === name || (name === 'ema_decay' && other.name === 'default'),
    );
    if (!found) {
      const known = variants.map((other) => other.name).join(', ');
      throw new Error(`--only: there is no option "${name}"; there are ${known}, ema_decay`);
    }
    wanted.add(found.name).add(found.against);
  }
  return variants.filter(({ name }) => wanted.has(name));
}
