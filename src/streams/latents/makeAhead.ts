import { defer, filter, from, NEVER, type ObservableInput, type OperatorFunction } from 'rxjs';
import { mapAhead } from '../flow/mapAhead.js';
import type { Recipe } from '../images/recipe.js';

/**
 * Makes the value of each recipe, one ahead of the one that `use` works on; recipes that make nothing are passed over.
 *
 *     recipes     ab------|
 *     makeAhead   --A--B--|
 *
 * @param stop$ when it first emits, the running work finishes and the stream completes
 */
export function makeAhead<T, R>(
  use: (made: T) => ObservableInput<R>,
  stop$: ObservableInput<unknown> = NEVER,
): OperatorFunction<Recipe<T>, R> {
  const prepare = (recipe: Recipe<T>, signal: AbortSignal) =>
    defer(() => recipe.make(signal)).pipe(filter((made) => made !== null));
  return mapAhead(prepare, (made) => from(use(made)), { ahead: 1, stop$ });
}
