/**
 * Trains on images in an SQLite database, whose library is WebAssembly and compiles nothing. Run `npx tsx examples/sqlite/main.ts`.
 * The run is stopped and resumed.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { train, useEngine } from 'rx-nvae';
import { lastValueFrom, Subject, tap } from 'rxjs';
import { drawSquares } from '../support/drawSquares.js';
import { outputFolder } from '../support/outputFolder.js';
import { printed } from '../support/printed.js';
import { inTemporaryFolder, squaresConfig } from '../support/squares.js';
import { imagesTable } from './imagesTable.js';

const config = squaresConfig('epochs=3', 'fit=contain');
const output = await outputFolder('sqlite');

await useEngine('auto');
await inTemporaryFolder(async (folder) => {
  const path = join(folder, 'squares.db');
  await fill(path, await drawSquares(folder));
  const options = {
    name: 'table',
    dataset: imagesTable(path),
    weightsFolder: folder,
    picturesFolder: output,
    runsFolder: null,
  };
  const stop$ = new Subject<void>();
  const stopping$ = train(config, { ...options, stop$ }).pipe(
    tap((event) => {
      if (event.type === 'step' && event.step === 7) stop$.next();
    }),
  );
  await lastValueFrom(printed(stopping$, 'rows'));
  await lastValueFrom(printed(train(config, options), 'rows'));
});

/** Creates a database of the files in a folder. */
async function fill(path: string, folder: string): Promise<void> {
  const database = new sqlite.Database(path);
  database.exec('create table images (id integer primary key, name text unique, changed text, file blob)');
  for (const name of await readdir(folder)) {
    const file = await readFile(join(folder, name));
    database.run("insert into images (name, changed, file) values (?, datetime('now'), ?)", [name, file]);
  }
  database.close();
}
