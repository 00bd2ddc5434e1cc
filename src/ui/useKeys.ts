import { type Key, useInput } from 'ink';
import { createContext, useContext } from 'react';

/** Reports an error that occurs outside of rendering to the screen; only within `fullScreen`. */
export const FailureContext = createContext<(thrown: unknown) => void>((thrown) => {
  throw thrown;
});

/** Calls `press` for each key, one by one. If it throws, that is an error of the screen. */
export function useKeys(press: (input: string, key: Key) => void): void {
  const fail = useContext(FailureContext);
  useInput((typed, key) => {
    try {
      for (const input of typed.length > 1 ? typed : [typed]) press(input, key);
    } catch (error) {
      fail(error);
    }
  });
}
