import sqlite from 'node-sqlite3-wasm';
import type { Dataset, DatasetItem } from 'rx-nvae';

interface Row extends DatasetItem {
  readonly id: number;
}

/**
 * The images of an SQLite database as a dataset: its table `images (id integer primary key, name text unique, changed text, file blob)`.
 * Names and files stay in the database; memory holds eight bytes per image.
 */
export function imagesTable(path: string): Dataset<Row> {
  let database: InstanceType<typeof sqlite.Database> | null = null;
  const opened = () => {
    database ??= new sqlite.Database(path, { readOnly: true, fileMustExist: true });
    return database;
  };
  return {
    name: path,
    items() {
      const ids = Float64Array.from(opened().all('select id from images order by id'), ({ id }) =>
        Number(id),
      );
      const at = (index: number): Row => {
        const id = Number(ids[index]);
        const row = opened().get('select name, changed from images where id = ?', id);
        return { id, name: String(row?.name), version: String(row?.changed) };
      };
      return { length: ids.length, at };
    },
    // the bytes of an image file become pixels as the files of a folder do
    decode: ({ id }) => ({
      file: opened().get('select file from images where id = ?', id)?.file as Uint8Array,
    }),
    currentVersion: ({ id }) => String(opened().get('select changed from images where id = ?', id)?.changed),
    close() {
      database?.close();
      database = null;
    },
  };
}
