/**
 * Layout of a latents file: a safetensors file with a tensor `latent.<group>` of `[images, height, width, channels]` per latent group, level
 * 0 first. Its metadata has the names of the images as a JSON list under `names`. Any program may write such a file; the metadata
 * may be missing.
 */
export const latentsFormat = 'rx-nvae latents';
/** Increased when a reader of the old version would misread the new one. */
export const latentsFormatVersion = '1';

/** Entries of the metadata that `LatentsWriter` writes itself. */
export const ownKeys = { format: 'format', version: 'format_version', names: 'names' } as const;

const prefix = 'latent.';

/** Name of a latent group's tensor. */
export function latentName(group: number): string {
  return `${prefix}${group}`;
}

/** Whether a tensor's name is reserved for latents. */
export function isLatentName(name: string): boolean {
  return name.startsWith(prefix);
}
