/** The types of a configuration, from its schema. */
import { camelCase } from '../../src/base/camelCase.js';
import { allowedValues } from '../../src/config/allowedValues.js';
import { type JsonSchema, keysOfSections } from '../../src/config/jsonSchema.js';

const mark = '/* Generated from schema.ts by npm run config:generate: changes below this line are lost. */';
/** Maximum width of a comment inside an interface. */
const lineWidth = 106;

/** The file with new types below the mark. */
export function withTypes(file: string, model: JsonSchema, whole: JsonSchema): string {
  const at = file.indexOf(mark);
  if (at < 0) throw new RangeError(`types.ts: needs the line "${mark}"`);
  const keys = new Set([...keysOfSections(whole).values()].flat());
  const { training_parameters, ...others } = whole.properties ?? {};
  const sections = Object.entries(others).filter(([key]) => !Object.hasOwn(model.properties ?? {}, key));
  const declared = [
    ...declarations('ModelConfig', model, keys),
    ...declarations('TrainingConfig', training_parameters ?? {}, keys),
    ...sections.flatMap(([key, section]) => declarations(nameOf(key, section), section, keys)),
  ];
  return `${file.slice(0, at)}${[mark, ...declared].join('\n\n')}\n`;
}

/** An interface, after the types that it refers to. */
function declarations(name: string, section: JsonSchema, keys: ReadonlySet<string>): string[] {
  const properties = Object.entries(section.properties ?? {});
  const named = properties.flatMap(([key, schema]) => {
    if (schema.properties) return declarations(nameOf(key, schema), schema, keys);
    return schema.enum ? [enumeration(nameOf(key, schema), schema, keys)] : [];
  });
  const fields = properties.map(([key, schema]) => {
    return `${comment(fieldText(key, schema, section), keys)}readonly ${camelCase(key)}: ${typeOf(key, schema)};`;
  });
  const text = `${comment(section.description ?? '', keys)}export interface ${name} {\n${fields.join('\n')}\n}`;
  return [...named, text];
}

function enumeration(name: string, schema: JsonSchema, keys: ReadonlySet<string>): string {
  const values = (schema.enum ?? [])
    .map((value) => (typeof value === 'string' ? `'${value}'` : `${value}`))
    .join(' | ');
  return `${comment(schema.description ?? '', keys)}export type ${name} = ${values};`;
}

/** If the type does not say which values are allowed, the comment does. */
function fieldText(key: string, schema: JsonSchema, section: JsonSchema): string {
  const isPlain = schema.enum || schema.properties || schema.type === 'boolean';
  const allowed = isPlain ? '' : ` Allowed: ${allowedValues(schema)}.`;
  const isRequired = section.required?.includes(key) || schema.properties;
  const standard = isRequired ? '' : `\n@default ${JSON.stringify(schema.default)}`;
  return `${schema.description}${allowed}${standard}`;
}

function typeOf(key: string, schema: JsonSchema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map((one) => typeOf(key, one)))].join(' | ');
  if (schema.enum || schema.properties) return nameOf(key, schema);
  return schema.type === 'integer' ? 'number' : String(schema.type);
}

function nameOf(key: string, { properties }: JsonSchema): string {
  const name = camelCase(key);
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}${properties ? 'Config' : ''}`;
}

/** A comment on one line if it fits; keys in backticks are written as in the types. */
function comment(text: string, keys: ReadonlySet<string>): string {
  const named = text.replace(/`(\w+)`/g, (whole, key) => (keys.has(key) ? `\`${camelCase(key)}\`` : whole));
  if (named.length + 7 <= lineWidth) return `/** ${named.replace('\n', ' ')} */\n`;
  const lines = named.split('\n').flatMap(wrap);
  return `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`;
}

function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + word.length + 4 > lineWidth) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
