/** Models that come with the package, in `pretrained/`: each a model file and a JSON file of facts about it. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeValue } from '../../base/messageText.js';
import { nearest } from '../../base/nearest.js';

/** What is known about a pretrained model: the content of its JSON file. */
export interface PretrainedFacts {
  /** What its images show, and their size. */
  readonly description: string;
  /** Number of parameters. */
  readonly parameters: number;
  /** How well it predicts images that it was not trained on. */
  readonly score: {
    /** Negative ELBO in bits per pixel and channel. */
    readonly bitsPerDimension: number;
    /** Negative ELBO in nats per image. */
    readonly negativeElbo: number;
    /** Which images were measured, and how many. */
    readonly images: string;
  };
  /** What it was trained on. */
  readonly data: {
    /** Name and origin. */
    readonly name: string;
    /** Licence of the images. */
    readonly licence: string;
    /** Number of images that it was trained on. */
    readonly images: number;
  };
  /** How it was trained. */
  readonly training: {
    /** The command. */
    readonly command: string;
    /** Number of images seen, each counted in every epoch. */
    readonly imagesSeen: number;
    /** Time and machine. */
    readonly effort: string;
    /** Day when it was finished, as YYYY-MM-DD. */
    readonly date: string;
  };
  /** What `evaluate` gives for a fixed set of images, one draw each with seed 0; the tests measure it again. */
  readonly check: {
    /** Number of images. */
    readonly images: number;
    /** Negative ELBO in nats per image. */
    readonly negativeElbo: number;
  };
}

/** A model that comes with the package. */
export interface PretrainedModel extends PretrainedFacts {
  /** Its name, which the commands take as a model. */
  readonly name: string;
  /** Absolute path of the model file. */
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
}

/** The relative path is the same from src and dist. */
const folder = fileURLToPath(new URL('../../../pretrained', import.meta.url));
const modelEnd = '.model';

/**
 * Lists the models that come with the package, by name.
 * @example
 * for (const { name, description } of await pretrainedModels()) console.log(name, description);
 */
export async function pretrainedModels(): Promise<PretrainedModel[]> {
  const models = (await namesOfPretrained()).map(async (name): Promise<PretrainedModel> => {
    const path = join(folder, `${name}${modelEnd}`);
    const facts = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as PretrainedFacts;
    return { name, path, bytes: (await stat(path)).size, ...facts };
  });
  return Promise.all(models);
}

/**
 * Finds a model that comes with the package, for `loadModel(path)`.
 * @param name such as `emoji`
 * @throws RangeError when there is none of this name
 * @example
 * const model = await loadModel((await pretrainedModel('emoji')).path);
 */
export async function pretrainedModel(name: string): Promise<PretrainedModel> {
  const models = await pretrainedModels();
  const found = models.find((model) => model.name === name);
  if (found) return found;
  const names = models.map((model) => model.name);
  const similar = nearest(name, names);
  const hint = similar ? ` (did you mean ${similar}?)` : '';
  throw new RangeError(
    `pretrainedModel: there is no ${describeValue(name)}; there are ${names.join(', ')}${hint}`,
  );
}

/** The names of the models that come with the package, sorted. */
export async function namesOfPretrained(): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files
    .filter((file) => file.endsWith(modelEnd))
    .map((file) => file.slice(0, -modelEnd.length))
    .sort();
}
