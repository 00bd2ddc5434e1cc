#!/usr/bin/env node
/**
 * The `nvae` command on any Node version. Imports are loaded before this file runs, and an old Node cannot parse them. So this file
 * imports almost nothing, and uses only old syntax, until it knows that Node is new enough.
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
