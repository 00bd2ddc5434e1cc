/** Loads tfjs-node with a given addon, computes a sum, and writes the result to a file as JSON. */
const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const util = require('node:util');

const [tfjsNode, addon, report] = process.argv.slice(2);
// Node 23 removed these functions.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
const requireThere = createRequire(`${tfjsNode}/package.json`);
requireThere('@mapbox/node-pre-gyp/lib/pre-binding').find = () => addon;
const tf = requireThere(tfjsNode);
const sum = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), tf.scalar(3)).dataSync());
if (String([...sum]) !== '4,5') throw new Error(`1 + 3, 2 + 3: expected 4, 5, got ${[...sum]}`);
const maps = readFileSync('/proc/self/maps', 'utf8');
const library = /(?<= )\/.*\/libtensorflow(?:_cc)?\.so\S*/.exec(maps)?.[0];
const { binding, isUsingGpuDevice } = tf.backend();
writeFileSync(report, JSON.stringify({ version: binding.TF_Version, onGpu: isUsingGpuDevice, library }));
process.exit(0);
