#!/usr/bin/env node
/**
 * The `nvae` command on any Node. What it imports is loaded before it runs, and an old Node does not understand it: so this
 * file imports next to nothing, in a syntax that Node has long understood, until it knows that Node is new enough.
 */
import { exitAtInterruption } from './start/exitAtInterruption.js';
import { nodeVersionProblem } from './start/nodeVersionProblem.js';
import { readManifest } from './start/readManifest.js';

const problem = nodeVersionProblem(process.versions.node, readManifest().engines.node);
if (problem === null) {
  exitAtInterruption();
  const { runCommand } = await import('./runCommand.js');
  await runCommand();
} else {
  process.stderr.write(`nvae: ${problem}\n`);
  process.exitCode = 1;
}
