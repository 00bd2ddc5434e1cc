/** The image in a `tf.train.Example`: a map of named features, each a list of byte strings, floats or integers. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { RawImage } from '../archives/archiveDataset.js';
import { DamagedImageError } from '../damagedImageError.js';

/** Names that converters give to the feature of an encoded image, most usual first. */
const imageNames = [
  'image/encoded',
  'image',
  'image_raw',
  'img',
  'jpg',
  'jpeg',
  'png',
  'encoded',
  'data',
  'x',
];

interface Feature {
  readonly bytes: readonly Uint8Array[];
  readonly integers: readonly number[];
}

/**
 * The bytes of an image file; or samples with their shape, as in the data of StyleGAN (`data`, and `shape` with the channels first).
 * @throws DamagedImageError when it is no such message, or has no image
 */
export function imageOfExample(data: Uint8Array): Buffer | RawImage {
  const features = featuresOf(data);
  const texts = [...features].filter(([, { bytes }]) => bytes.length === 1);
  const shape = features.get('shape')?.integers;
  const name =
    imageNames.find((one) => texts.some(([other]) => other === one)) ??
    (texts.length === 1 ? texts[0]?.[0] : undefined);
  const image = name === undefined ? undefined : features.get(name)?.bytes[0];
  if (!image) {
    const names = [...features.keys()].join(', ') || 'nothing';
    throw new DamagedImageError(
      `it has no feature with an image (${imageNames.slice(0, 3).join(', ')}, ...), but ${names}`,
    );
  }
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.length);
  const [channels = 0, height = 0, width = 0] = shape ?? [];
  const isRaw = shape?.length === 3 && channels * height * width === bytes.length;
  if (!isRaw) return bytes;
  if (channels !== 1 && channels !== 3)
    throw new DamagedImageError(`an image with ${channels} channels cannot be read`);
  return { samples: bytes, height, width, channels, channelsFirst: true };
}

/** @throws DamagedImageError */
function featuresOf(data: Uint8Array): Map<string, Feature> {
  try {
    const features = new Map<string, Feature>();
    for (const all of fields(data, 1)) {
      for (const entry of fields(all, 1)) {
        const [name] = fields(entry, 1);
        const [feature] = fields(entry, 2);
        if (name && feature) features.set(Buffer.from(name).toString('utf8'), featureOf(feature));
      }
    }
    return features;
  } catch (error) {
    throw new DamagedImageError('it is no tf.train.Example', { cause: error });
  }
}

/** A list of byte strings is field 1, of integers field 3. */
function featureOf(data: Uint8Array): Feature {
  const bytes = fields(data, 1).flatMap((list) => fields(list, 1));
  const integers = fields(data, 3).flatMap(integersIn);
  return { bytes, integers };
}

function integersIn(list: Uint8Array): number[] {
  const reader = new BinaryReader(list);
  const integers: number[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field !== 1) reader.skip(type);
    else if (type === WireType.Varint) integers.push(Number(reader.int64()));
    else
      for (const end = reader.uint32() + reader.pos; reader.pos < end; )
        integers.push(Number(reader.int64()));
  }
  return integers;
}

/** The contents of all fields of a message with this number that have a length. */
function fields(data: Uint8Array, wanted: number): Uint8Array[] {
  const reader = new BinaryReader(data);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === wanted && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, field);
  }
  return found;
}
