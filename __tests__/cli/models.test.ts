import { expect, test } from '@jest/globals';
import { modelsCommand } from '../../src/cli/commands/models.js';
import { pretrainedModels } from '../../src/modelFiles/pretrained/pretrainedModel.js';
import { runCommand } from '../support/runCommand.js';

test('should list the pretrained models with score, data, licence and command', async () => {
  const { stdout, exitCode } = await runCommand(modelsCommand(), []);
  expect(exitCode).toBeUndefined();
  for (const { name, score, data, training } of await pretrainedModels()) {
    const paragraph = stdout.split('\n\n').find((text) => text.startsWith(`${name}: `)) ?? '';
    expect(paragraph).toContain(`${score.bitsPerDimension.toFixed(3)} bits/dim`);
    expect(paragraph).toContain(`on ${score.images}`);
    expect(paragraph).toContain(`${data.licence} (of the data)`);
    expect(paragraph).toContain(training.command);
  }
});

test('should print everything as JSON', async () => {
  const { stdout } = await runCommand(modelsCommand(), ['--json']);
  expect(JSON.parse(stdout)).toEqual({ type: 'models', models: await pretrainedModels() });
});
