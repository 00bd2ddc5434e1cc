/** Preloaded into a command: the thirtieth operation on a WebGPU device requests more memory than it can have. */
import { globals } from 'webgpu';

const { createBindGroup } = globals.GPUDevice.prototype;
let operations = 0;
globals.GPUDevice.prototype.createBindGroup = function (...given) {
  operations += 1;
  if (operations === 30) this.createBuffer({ size: 2 ** 40, usage: 0x80 });
  return createBindGroup.apply(this, given);
};
