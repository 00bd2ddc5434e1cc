/** The compute engine, which executes the model's tensor operations. */

export { engineInUse } from './chooseEngine.js';
export {
  type EngineChoice,
  EngineFailedError,
  type EngineInfo,
  type EngineName,
  type EngineReport,
  EngineUnavailableError,
  engineNames,
  NativeUnavailableError,
  UnknownEngineError,
  type UseEngineOptions,
  type WasmFileName,
} from './engines.js';
export { EngineSettingError } from './settings.js';
export { listEngines, useEngine } from './useEngine.js';
