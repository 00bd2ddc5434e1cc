import { closeSync, openSync, readSync } from 'node:fs';

const machines = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' };

/** Returns the architecture of a Linux program or library as Node names it; null for any other file. */
export function architectureOf(path) {
  const header = Buffer.alloc(20);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  if (header.readUInt32BE(0) !== 0x7f454c46) return null;
  return machines[header.readUInt16LE(18)] ?? 'another processor';
}
