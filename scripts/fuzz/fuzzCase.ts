/** What a case of the corpus is: an input in a folder of its own, made from a seed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyedGenerator } from '../../src/model/random.js';

export const kinds = ['image', 'config', 'checkpoint'] as const;
export type Kind = (typeof kinds)[number];

/** What must come of it; `either` where the damage may hit what nobody reads. */
export type Expected = 'accepted' | 'refused' | 'either';

export interface Random {
  /** An integer in [0, below). */
  integer(below: number): number;
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** A way to make a case; the same random numbers give the same input. */
export interface Recipe {
  readonly name: string;
  /** The input's name in its folder. */
  readonly file: string;
  /** @default 'refused' */
  readonly expected?: Expected;
  readonly write: (path: string, random: Random) => Promise<unknown>;
}

export interface FuzzCase {
  readonly kind: Kind;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly number: number;
}

type Content = Buffer | string;

/** A recipe of one file. */
export function file(
  name: string,
  fileName: string,
  expected: Expected,
  make: (random: Random) => Content | Promise<Content>,
): Recipe {
  const write = async (path: string, random: Random) => writeFile(path, await make(random));
  return { name, file: fileName, expected, write };
}

/** Writes the case's input into an existing folder and returns its path. */
export async function writeCase({ kind, recipe, seed, number }: FuzzCase, folder: string): Promise<string> {
  const path = join(folder, recipe.file);
  await recipe.write(path, randomOf(seed, `${kind}/${recipe.name}`, number));
  return path;
}

function randomOf(seed: number, purpose: string, number: number): Random {
  const generator = keyedGenerator(seed, `fuzz/${purpose}`, number);
  const integer = (below: number) => Math.floor((generator.next() >>> 0) * 2 ** -32 * below);
  return {
    integer,
    pick: <T>(list: readonly T[]) => list[integer(list.length)] as T,
    bytes: (length) => Buffer.from(Array.from({ length }, () => integer(256))),
  };
}
