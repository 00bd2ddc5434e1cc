/** The process that tries an engine: receives the engine's name as an argument and sends the result. */
import { messageOf } from '../../base/errors.js';
import { type ForeignName, foreignLoaders } from './foreignLoaders.js';
import type { Tried } from './inChild.js';

const name = process.argv[2] as ForeignName;
process.on('disconnect', () => process.exit());
const probe = await foreignLoaders[name]()
  .probe()
  .catch((error: unknown) => ({ usable: false as const, reason: messageOf(error) }));
process.send?.({ probe } satisfies Tried);
