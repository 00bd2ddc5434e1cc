import { type Key, useInput } from 'ink';
import { createContext, useContext } from 'react';

/** Tells the screen that something of it has thrown outside of drawing; only within `fullScreen`. */
export const FailureContext = createContext<(thrown: unknown) => void>((thrown) => {
  throw thrown;
});

/** Keys one by one, also those that come at once. What `press` throws is an error of the screen. */
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
