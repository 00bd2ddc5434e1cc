/** Parquet files with a column of image files, the form in which public hubs keep sets of images. */
import { basename, dirname } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { fileSource } from '../bytes/byteSource.js';
import { reopening } from '../bytes/reopening.js';
import type { DataForm, DataOptions, FoundPath } from '../dataForm.js';
import type { Dataset, DatasetItem } from '../dataset.js';
import { DatasetError } from '../datasetError.js';
import { currentFileVersion } from '../fileVersion.js';
import { oneFileIdentity } from '../oneFileIdentity.js';
import { storedInBytes } from '../storedInBytes.js';
import { imageColumn } from './parquetColumn.js';
import { parquetImages } from './parquetImages.js';

const magic = 'PAR1';

/** Parquet files, and a column of one: `train.parquet` or `train.parquet/photo`. */
export const parquetForm: DataForm = {
  accepts: (found) => isFile(found) || isColumn(found),
  open: (path, options) =>
    isColumnPath(path)
      ? parquetDataset(path, options, dirname(path), basename(path))
      : parquetDataset(path, options),
};

function isFile({ start }: FoundPath): boolean {
  return start.toString('latin1', 0, magic.length) === magic;
}

function isColumn({ path, isMissing }: FoundPath): boolean {
  return isMissing && isColumnPath(path);
}

/** Digits name an image, not a column. A folder may be called `set.parquet`, too, and have files with parts of the rows. */
function isColumnPath(path: string): boolean {
  return dirname(path).endsWith('.parquet') && !/^\d+$|\.parquet$/.test(basename(path));
}

interface ParquetItem extends DatasetItem {
  readonly row: number;
}

/** Images are named by their row. `items` throws a `DatasetError` when the file cannot be read or has no column of images. */
function parquetDataset(
  path: string,
  { maxPixels }: DataOptions,
  file = path,
  column?: string,
): Dataset<ParquetItem> {
  const opened = reopening(async () => {
    try {
      const bytes = await fileSource(file);
      const found = await imageColumn(bytes, column);
      const images = await parquetImages(bytes, found);
      return { rows: found.rows, images, close: () => images.close() };
    } catch (error) {
      throw new DatasetError(path, messageOf(error), { cause: error });
    }
  });
  const bytesOf = async ({ row }: ParquetItem) => (await opened.get()).images.read(row);
  return {
    name: path,
    async items() {
      const { rows } = await opened.get();
      if (rows === 0) throw new DatasetError(path, 'it has no rows; give another file');
      const version = await currentFileVersion(file);
      const at = (row: number): ParquetItem | undefined => {
        if (!(row >= 0 && row < rows)) return undefined;
        const name = String(row).padStart(5, '0');
        return { name, path: `${path}/${name}`, version, row };
      };
      return { length: rows, at };
    },
    decode: async (item) => ({ file: await bytesOf(item), maxPixels }),
    stored: async (item) => storedInBytes(await bytesOf(item)),
    currentVersion: () => currentFileVersion(file),
    identity: () => oneFileIdentity(file),
    close: () => opened.close(),
  };
}
