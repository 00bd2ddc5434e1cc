import { nearest } from '../../base/nearest.js';

/**
 * The error for a name that no run has.
 * @param names names of the runs in `folder`
 */
export function noSuchRun(name: string, names: readonly string[], folder: string): Error {
  const known =
    names.length > 0 ? `runs in ${folder}: ${names.join(', ')}` : `there are no runs in ${folder}`;
  const meant = nearest(name, names);
  const hint = meant ? ` (did you mean ${meant}?)` : '; choose another folder with --folder';
  return new Error(`${name}: no run has this name; ${known}${hint}`);
}
