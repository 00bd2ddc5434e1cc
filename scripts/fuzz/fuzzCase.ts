/** A case of the corpus: an input in its own folder, made from a seed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyedGenerator } from '../../src/model/random.js';

export const kinds = ['image', 'config', 'checkpoint', 'pytorch'] as const;
export type Kind = (typeof kinds)[number];

/** The required outcome; `either` if the damage may hit bytes that are never read. */
export type Expected = 'accepted' | 'refused' | 'either';

export interface Random {
  /** A random integer in [0, below). */
  integer(below: number): number;
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** Creates a case; the same random numbers give the same input. */
export interface Recipe {
  readonly name: string;
  /** File name of the input in its folder. */
  readonly file: string;
  /** Required outcome. @default 'refused' */
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

/** A recipe for a single file. */
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
