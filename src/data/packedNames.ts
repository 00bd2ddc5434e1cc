/** Files of many images, judged by their names. */

const packed = /\.(zip|tar|tgz|tar\.gz|parquet|tfrecords?(\.gz)?|npz|npy(\.gz)?)$/i;
/** Shards without an extension, the images of MNIST and its kin, and the files of CIFAR. */
const others = [
  /-\d{3,}-of-\d{3,}$/i,
  /images[-.]idx[34]-ubyte(\.gz)?$/i,
  /^(data_batch_\d|test_batch|train|test)\.bin(\.gz)?$/i,
];
/** Words for images to measure a model with. */
const measured = /(^|[^a-z])(test|t10k|val|valid|validation|dev|eval)([^a-z]|$)/i;

/** Whether a name has the extension of a file of many images. */
export function isPackedName(name: string): boolean {
  return packed.test(name);
}

/** Whether a name looks like that of one of several files of many images. */
export function isShardName(name: string): boolean {
  return isPackedName(name) || others.some((pattern) => pattern.test(name));
}

/** Whether a name says that its images are for testing or validation. */
export function isMeasuredName(name: string): boolean {
  return measured.test(name);
}
