/**
 * Preloaded into a command: NVAE_TEST_FAULT happens to its WebGPU device at the thirtieth operation, or the thirtieth after the file
 * NVAE_TEST_FAULT_AFTER is there. If NVAE_TEST_FAULTS_LEFT names a file, processes have as many faults together as it has characters.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { globals } from 'webgpu';

const {
  NVAE_TEST_FAULT: fault = 'refused',
  NVAE_TEST_FAULT_AFTER: after,
  NVAE_TEST_FAULTS_LEFT: left,
} = process.env;

let listener = () => undefined;
const { addEventListener, createBindGroup } = globals.GPUDevice.prototype;
globals.GPUDevice.prototype.addEventListener = function (type, heard) {
  listener = heard;
  return addEventListener.call(this, type, heard);
};

const faults = {
  lost: (device) => device.destroy(),
  refused: (device) => device.createBuffer({ size: 2 ** 40, usage: 0x80 }),
  memory: () => {
    const error = new globals.GPUOutOfMemoryError(
      'vkAllocateMemory failed\n - While calling [Device].CreateBuffer(...)',
    );
    listener({ error, preventDefault: () => undefined });
  },
  shader: (device) => device.createShaderModule({ label: 'broken', code: 'fn main() { let x = ; }' }),
};

function isLeft() {
  if (left === undefined) return true;
  const many = readFileSync(left, 'utf8');
  writeFileSync(left, many.slice(1));
  return many !== '';
}

let operations = 0;
globals.GPUDevice.prototype.createBindGroup = function (...given) {
  if (after === undefined || existsSync(after)) operations += 1;
  if (operations === 30 && isLeft()) faults[fault](this);
  return createBindGroup.apply(this, given);
};
