/** PyTorch's format since 1.6: a zip archive with a pickle and a record for each storage. */
import { cut, describeValue } from '../base/messageText.js';
import type { ByteSource } from '../checkpoint/byteSource.js';
import { CheckpointError } from '../checkpoint/checkpointError.js';
import { damaged } from './damaged.js';
import { largestPickle } from './largestPickle.js';
import { unpickle } from './pickle/unpickle.js';
import type { TorchContent } from './torchContent.js';
import { itemSizes, type TorchStorage } from './torchTensor.js';
import { readDirectory } from './zip/readDirectory.js';
import { ZipData } from './zip/zipData.js';
import type { ZipRecord } from './zip/zipRecord.js';

type Records = ReadonlyMap<string, ZipRecord>;

const pickleName = '/data.pkl';
/** PyTorch has written 1 to 3, and reads up to 10. */
const newestVersion = 10;

/** @throws CheckpointError when the archive is damaged, or is not one of `torch.save` with tensors and plain data */
export async function fromZip(source: ByteSource, where: string): Promise<TorchContent> {
  const records = await readDirectory(source, where);
  const data = new ZipData(source, where);
  const folder = folderOf(records, where);
  await checkVersion(records, folder, data, where);
  const isBigEndian = await readByteOrder(records, folder, data, where);
  const pickle = await readPickle(records, folder, data, where);
  const { content, storages, end } = unpickle(pickle, where);
  if (end !== pickle.length) throw damaged(where, `its pickle has ${pickle.length - end} bytes too many`);
  const recordOf = (storage: TorchStorage) => storageRecord(records, folder, storage, where);
  for (const storage of storages.values()) recordOf(storage);
  return {
    content,
    isBigEndian,
    readBytes: (storage, target, begin) => data.read(recordOf(storage), target, begin),
  };
}

/** The folder that everything is in. Other folders, as archive programs add them, do not matter. */
function folderOf(records: Records, where: string): string {
  const names = [...records.keys()];
  const script = names.find((name) => /^[^/]+\/(constants\.pkl|code\/)/.test(name));
  if (script !== undefined) {
    const problem = `a TorchScript archive (it has the record ${describeValue(script)}), which holds a program`;
    throw new CheckpointError(where, `${problem}; save only its state_dict with torch.save`);
  }
  const folders = names
    .filter((name) => name.endsWith(pickleName) && name.split('/').length === 2)
    .map((name) => name.slice(0, -pickleName.length));
  const [folder, second] = folders;
  if (second !== undefined)
    throw damaged(where, `it has both ${cut(folder ?? '')}${pickleName} and ${cut(second)}${pickleName}`);
  if (folder !== undefined) return folder;
  throw new CheckpointError(
    where,
    'a zip archive without a record data.pkl in a folder, which torch.save writes',
  );
}

async function checkVersion(records: Records, folder: string, data: ZipData, where: string): Promise<void> {
  const version = await smallText(records, `${folder}/version`, data, where);
  if (version === null) return;
  const number = /^\d{1,3}\n?$/.test(version) ? Number(version) : Number.NaN;
  if (number >= 1 && number <= newestVersion) return;
  throw new CheckpointError(
    where,
    `its format version is ${describeValue(version)} (expected 1 to ${newestVersion}); not read`,
  );
}

async function readByteOrder(
  records: Records,
  folder: string,
  data: ZipData,
  where: string,
): Promise<boolean> {
  const order = (await smallText(records, `${folder}/byteorder`, data, where)) ?? 'little';
  if (order === 'little' || order === 'big') return order === 'big';
  throw damaged(where, `expected a byte order of little or big, got ${describeValue(order)}`);
}

async function smallText(
  records: Records,
  name: string,
  data: ZipData,
  where: string,
): Promise<string | null> {
  const record = records.get(name);
  if (!record) return null;
  if (record.size > 100) throw damaged(where, `record ${describeValue(name)} has ${record.size} bytes`);
  return new TextDecoder().decode(await whole(record, data));
}

async function readPickle(
  records: Records,
  folder: string,
  data: ZipData,
  where: string,
): Promise<Uint8Array> {
  const record = records.get(`${folder}${pickleName}`) as ZipRecord;
  if (record.size <= largestPickle) return whole(record, data);
  throw new CheckpointError(
    where,
    `its pickle has ${record.size} bytes (at most ${largestPickle}); not read`,
  );
}

async function whole(record: ZipRecord, data: ZipData): Promise<Uint8Array> {
  const bytes = new Uint8Array(record.size);
  await data.read(record, bytes);
  return bytes;
}

function storageRecord(
  records: Records,
  folder: string,
  { key, kind, length }: TorchStorage,
  where: string,
): ZipRecord {
  const name = `${folder}/data/${key}`;
  const record = records.get(name);
  if (!record) throw damaged(where, `it has no record ${describeValue(name)} for storage ${key}`);
  const expected = length * itemSizes[kind];
  if (record.size === expected) return record;
  const values = `${length} ${kind} values`;
  throw damaged(
    where,
    `record ${describeValue(name)}: expected ${expected} bytes for ${values}, got ${record.size}`,
  );
}
