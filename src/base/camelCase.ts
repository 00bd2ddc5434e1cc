/** `batch_size` as `batchSize`, for types. */
type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** Keys in camelCase, all the way down. */
export type CamelCaseKeys<T> = T extends object
  ? { readonly [Key in keyof T as Key extends string ? CamelCase<Key> : Key]: CamelCaseKeys<T[Key]> }
  : T;

/** `batch_size` as `batchSize`. */
export function camelCase(key: string): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A plain object with its snake_case keys in camelCase, all the way down. */
export function camelCaseKeys<T extends object>(value: T): CamelCaseKeys<T> {
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => [
    camelCase(key),
    typeof inner === 'object' && inner !== null ? camelCaseKeys(inner) : inner,
  ]);
  return Object.fromEntries(entries) as CamelCaseKeys<T>;
}

/** `batchSize` as `batch_size`. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
