/** `rx-nvae/model` in a browser: engines that run there, and no files. Bundlers take it by the condition `browser`. */
export { listEngines, useEngine } from '../engine/browser.js';
export * from './portableModel.js';
