/** Chooses the engine that the numbers are computed on. */
import { useEngine } from '../../src/engine/index.js';

/** @throws EngineUnavailableError when there is no such engine here */
export async function startEngine(name: string): Promise<void> {
  const { warnings } = await useEngine(name);
  for (const warning of warnings) console.error(`warning: ${warning}`);
}
