#!/usr/bin/env node
/**
 * The `nvae` command on any Node. What it imports is loaded before it runs, and an old Node does not understand it: so this
 * file imports next to nothing, in a syntax that Node has long understood, until it knows that Node is new enough.
 */
import { exitAtInterruption } from './exitAtInterruption.js';
import { readManifest } from './readManifest.js';
import { tooOld } from './tooOld.js';

const problem = tooOld(process.versions.node, readManifest().engines.node);
if (problem === null) {
  exitAtInterruption();
  const { runCommand } = await import('./runCommand.js');
  await runCommand();
} else {
  process.stderr.write(`nvae: ${problem}\n`);
  process.exitCode = 1;
}
