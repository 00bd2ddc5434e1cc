/** Describes the allowed values of a key, for messages and docs. */
import type { JsonSchema } from './jsonSchema.js';

/** Returns a text such as "an integer >= 1" or "a number from 0 to 1, or null". */
export function allowedValues(schema: JsonSchema): string {
  const { anyOf, const: only, enum: choices, pattern, type } = schema;
  if (anyOf) return anyOf.map(allowedValues).join(', or ');
  if (only !== undefined) return String(only);
  if (choices) return `one of ${choices.join(', ')}`;
  if (type === 'object') return 'a section with keys';
  if (type === 'boolean') return 'true or false';
  if (type === 'integer' || type === 'number') return numbers(schema);
  if (type === 'string') return pattern === undefined ? 'a text' : 'a colour such as "#ffffff"';
  return `${type}`;
}

function numbers(schema: JsonSchema): string {
  const { type, multipleOf, exclusiveMinimum } = schema;
  const isEven = multipleOf === 2;
  const kind = type === 'integer' ? `an ${isEven ? 'even ' : ''}integer` : 'a number';
  const factor = multipleOf === undefined || isEven ? '' : `, a multiple of ${multipleOf}`;
  const [least, most] = [bound(schema.minimum), bound(schema.maximum)];
  const below = schema.exclusiveMaximum === undefined ? '' : ` and < ${schema.exclusiveMaximum}`;
  return `${kind}${range(least, most, exclusiveMinimum)}${below}${factor}`;
}

function range(least?: number, most?: number, above?: number | boolean): string {
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return ` >= ${least}`;
  if (above !== undefined) return ` > ${above}`;
  return most === undefined ? '' : ` <= ${most}`;
}

/** Omits the bounds of safe integers: every integer in the schema has them, so they need no mention. */
function bound(value?: number): number | undefined {
  return value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}
