/** `nvae doctor`: lists the engines, why some do not work and how to install them, whether there is an MPI, and how the terminal shows pictures. */
import { type EngineReport, listEngines } from '../../engine/index.js';
import { pictureWords } from '../../ui/pictures/pictureSupport.js';
import type { CommonOptions } from '../commands/commonOptions.js';
import { measureEngineSpeed } from '../doctor/engineSpeed.js';
import { machine, machineWords } from '../doctor/machine.js';
import { machines, machinesLines } from '../doctor/machines.js';
import { createOutput } from '../terminal/output.js';
import { terminalPictureSupport } from '../terminal/terminalPictureSupport.js';

function engineLines(report: EngineReport): string[] {
  const mark = report.chosenByAuto ? '*' : ' ';
  const lines = [`${mark} ${report.name.padEnd(11)} ${report.usable ? report.description : 'not usable'}`];
  if (report.library) lines.push(`    library: ${report.library}`);
  if (report.forGpu) lines.push(`    for a GPU: ${report.forGpu}`);
  if (!report.usable) {
    if (report.reason) lines.push(`    why: ${report.reason}`);
    if (report.howToGet) lines.push(`    how to get it: ${report.howToGet}`);
  }
  return lines;
}

export async function doctor(options: CommonOptions): Promise<void> {
  const output = createOutput(options);
  const pictures = await terminalPictureSupport();
  const engines = await listEngines();
  const speed = await measureEngineSpeed(options.engine);
  const here = machine();
  const mpi = machines();
  const text = [
    machineWords(here),
    '',
    'engines (* = chosen by --engine auto)',
    ...engines.flatMap(engineLines),
    '',
    `speed of ${speed.engine}: ${(speed.convolutionFlops / 1e9).toFixed(1)} GFLOPS in a 3x3 convolution, 64 to 64 channels`,
    ...machinesLines(mpi),
    `pictures on this terminal: ${pictureWords(pictures)}`,
  ].join('\n');
  output.result({ machine: here, engines, speed, mpi, pictures }, text);
}
