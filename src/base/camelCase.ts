/** Type of `batch_size` in camelCase: `batchSize`. */
type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** Type with all keys in camelCase, at every depth. */
export type CamelCaseKeys<T> = T extends object
  ? { readonly [Key in keyof T as Key extends string ? CamelCase<Key> : Key]: CamelCaseKeys<T[Key]> }
  : T;

/** Converts `batch_size` to `batchSize`. */
export function camelCase(key: string): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Converts the snake_case keys of a plain object to camelCase, at every depth. */
export function camelCaseKeys<T extends object>(value: T): CamelCaseKeys<T> {
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => [
    camelCase(key),
    typeof inner === 'object' && inner !== null ? camelCaseKeys(inner) : inner,
  ]);
  return Object.fromEntries(entries) as CamelCaseKeys<T>;
}

/** Converts `batchSize` to `batch_size`. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
