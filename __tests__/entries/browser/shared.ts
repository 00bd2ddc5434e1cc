/** What the page and the test that compares with it have in common. */

export const wasmFolder = '/wasm/';
export const sampling = { count: 3, temperature: 0.7, seed: 5 } as const;

/** A configuration file: two scales, flows, a mixture of logistics. */
export const config = `
channel_towers: 4
number_of_scales: 2
initial_splits_per_scale: 1
latent_size: 2
input_dimension: 16
num_flows: 1
cells_per_split_enc: 1
num_cells_per_block_prepost: 1
sampling_method: logistic_mixture
`;
