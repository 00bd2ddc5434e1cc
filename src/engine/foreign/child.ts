/** The process in which an engine is tried: gets its name as argument and sends what was found. */
import { messageOf } from '../../base/errors.js';
import { type ForeignName, foreignLoaders } from './foreignLoaders.js';
import type { Tried } from './inChild.js';

const name = process.argv[2] as ForeignName;
process.on('disconnect', () => process.exit());
const probe = await foreignLoaders[name]()
  .probe()
  .catch((error: unknown) => ({ usable: false as const, reason: messageOf(error) }));
process.send?.({ probe } satisfies Tried);
