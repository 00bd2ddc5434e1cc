/** Names that an editor offers; checked by `npm run typecheck`, nothing here runs. */
import { describe, test } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import { type EngineName, type TrainInProcessOptions, useEngine } from '../../src/index.js';

/** Literals that survive in a union with any text: an editor completes these. A plain `string` would leave none. */
type Offered<T> = T extends string ? (string extends T ? never : T) : never;

describe('the name of an engine', () => {
  test('should be completed, and may be any text', () => {
    type Given = Exclude<Parameters<typeof useEngine>[0], undefined>;
    expectTypeOf<Offered<Given>>().toEqualTypeOf<EngineName | 'auto'>();
    expectTypeOf<Offered<Exclude<TrainInProcessOptions['engine'], undefined>>>().toEqualTypeOf<
      EngineName | 'auto'
    >();
    expectTypeOf<string>().toExtend<Given>();
    // @ts-expect-error a number is no name
    useEngine(3);
  });
});
