/** The compute engine: what executes the model's tensor operations. */
export {
  EngineFailedError,
  type EngineInfo,
  type EngineName,
  type EngineReport,
  EngineUnavailableError,
  engineNames,
  UnknownEngineError,
} from './engines.js';
export { NativeUnavailableError } from './native/loadAddon.js';
export { EngineSettingError } from './settings.js';
export { engineInUse, listEngines, useEngine } from './useEngine.js';
