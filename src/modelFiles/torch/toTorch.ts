/** Converts models and checkpoints into what the PyTorch implementation gives to `torch.save`. Works without Node. */
import type { Checkpoint } from '../../checkpoint/checkpointContent.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { checkFinite } from '../../checkpoint/finite.js';
import type { ModelData } from '../../checkpoint/weightsOf.js';
import type { NvaeConfig } from '../../config/types.js';
import { OrderedDict, type PickleContent, TensorContent, Tuple } from '../../pytorch/pickleContent.js';
import { adamaxSettings } from '../../training/adamaxSettings.js';
import { learningRate } from '../../training/schedule.js';
import { finishedEpochs } from '../finishedEpochs.js';
import { type TorchEntry, torchLayout } from './torchLayout.js';
import { checkTorchLimits } from './torchLimits.js';
import { torchCosineLength, torchScheduleSteps } from './torchSchedule.js';

type Dict = ReadonlyMap<string, PickleContent>;

/**
 * The content of a `.model`.
 * @param where names the file in messages
 * @throws CheckpointError when the PyTorch implementation has no such model, a tensor of the model is missing or has another shape, or a value is not finite
 */
export function toTorchModel(model: ModelData, where: string): PickleContent {
  const layout = layoutOf(model, where);
  return dict({ state_dict: stateDict(layout, model, where), model_arch: modelArch(model.config) });
}

/**
 * The content of a `.checkpoint`.
 * @param where names the file in messages
 * @throws CheckpointError when the PyTorch implementation has no such model, a tensor of the model or of the optimiser is missing or has another shape, or a value is not finite
 */
export function toTorchCheckpoint(checkpoint: Checkpoint, where: string): PickleContent {
  const { config, state } = checkpoint;
  const layout = layoutOf(checkpoint, where);
  const { epoch } = finishedEpochs(checkpoint);
  return dict({
    epoch: BigInt(epoch),
    state_dict: stateDict(layout, checkpoint, where),
    optimizer: optimizer(layout, checkpoint, epoch, where),
    optimizer_scheduler: schedule(epoch, config),
    seen_images: BigInt(state.position.imagesSeen),
    log_dir: `runs/${config.name}`,
    total_epochs: BigInt(config.training.epochs),
    model_arch: modelArch(config),
  });
}

/** The path of the configuration, relative to where the PyTorch implementation runs. */
function modelArch({ name }: NvaeConfig): string {
  return `model_configs/${name}.yaml`;
}

function stateDict(layout: readonly TorchEntry[], { tensors }: ModelData, where: string): OrderedDict {
  return new OrderedDict(new Map(layout.map((entry) => [entry.name, contentOf(entry, tensors, where)])));
}

function optimizer(
  layout: readonly TorchEntry[],
  { config, tensors, state }: Checkpoint,
  epoch: number,
  where: string,
): PickleContent {
  const parameters = layout.filter(({ kind }) => kind === 'parameter');
  const slot = (entry: TorchEntry, name: string) =>
    contentOf({ ...entry, name: `adamax.${name}.${entry.name}` }, tensors, where);
  const slots = parameters.map((entry) =>
    dict({
      step: new TensorContent([], Float32Array.of(state.optimizerUpdates)),
      exp_avg: slot(entry, 'momentum'),
      exp_inf: slot(entry, 'maximum'),
    }),
  );
  const { beta1, beta2, epsilon } = adamaxSettings;
  const { training } = config;
  const group = dict({
    lr: learningRate(epoch, training),
    betas: new Tuple([beta1, beta2]),
    eps: epsilon,
    weight_decay: training.weightDecay,
    foreach: null,
    maximize: false,
    initial_lr: training.learningRate,
    params: slots.map((_, i) => BigInt(i)),
  });
  return dict({ state: new Map(slots.map((values, i) => [BigInt(i), values])), param_groups: [group] });
}

function schedule(epoch: number, { training }: NvaeConfig): PickleContent {
  const length = torchCosineLength(training);
  const steps = torchScheduleSteps(epoch, training);
  return dict({
    // The warm-up, and with it the length, may end within an epoch.
    T_max: Number.isInteger(length) ? BigInt(length) : length,
    eta_min: training.learningRateMin,
    base_lrs: [training.learningRate],
    last_epoch: BigInt(steps),
    verbose: false,
    _step_count: BigInt(steps + 1),
    _get_lr_called_within_step: false,
    _last_lr: [learningRate(epoch, training)],
  });
}

function contentOf(
  { name, shape, kind }: TorchEntry,
  tensors: ModelData['tensors'],
  where: string,
): TensorContent {
  const tensor = tensors.get(name);
  const dtype = kind === 'counter' ? 'int32' : 'float32';
  if (tensor?.dtype !== dtype || tensor.shape.join() !== shape.join()) {
    const got = tensor ? `${tensor.dtype} [${tensor.shape.join(', ')}]` : 'nothing';
    throw new CheckpointError(where, `${name}: expected ${dtype} [${shape.join(', ')}], got ${got}`);
  }
  const { data } = tensor;
  return new TensorContent(shape, data instanceof Float32Array ? data : BigInt64Array.from(data, BigInt));
}

function layoutOf({ config, tensors }: ModelData, where: string): TorchEntry[] {
  checkTorchLimits(config, where, 'write our own format (nvae export --dtype float32)');
  checkFinite(where, tensors);
  return torchLayout(config.model);
}

function dict(entries: Readonly<Record<string, PickleContent>>): Dict {
  return new Map(Object.entries(entries));
}
