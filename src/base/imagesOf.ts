/**
 * The number of images in the identity of a dataset, which is `order/count/content`; null for an identity from an earlier version,
 * which did not contain it.
 */
export function imagesOf(identity: string): number | null {
  const [, count] = identity.split('/');
  return count === undefined ? null : Number(count);
}
