/** Reads the tensors of the reference data. */
import { readFileSync } from 'node:fs';
import type { NamedTensors, TensorData } from '../../src/model/plainData.js';

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** All tensors of a safetensors file with F32 and I64 values. */
export function readTensors(path: string): NamedTensors {
  const file = readFileSync(path);
  const begin = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, begin)) as Record<string, Entry>;
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return new Map(
    entries.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]): [string, TensorData] => {
        const bytes = Uint8Array.from(file.subarray(begin + from, begin + to)).buffer;
        if (dtype === 'F32') return [name, { dtype: 'float32', shape, data: new Float32Array(bytes) }];
        const integers = Int32Array.from(Array.from(new BigInt64Array(bytes), Number));
        return [name, { dtype: 'int32', shape, data: integers }];
      },
    ),
  );
}
