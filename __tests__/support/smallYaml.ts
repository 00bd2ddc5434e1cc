/** The text of a configuration whose model trains within milliseconds on 8x8 images. */
export function smallYaml(training: string): string {
  return `
channel_towers: 4
number_of_scales: 1
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 8
num_flows: 0
num_cells_per_block_prepost: 1
cells_per_split_enc: 1
training_parameters: { batch_size: 4, warmup_epochs: 1, ${training} }
`;
}
