/**
 * Documentation that a public name needs: a summary everywhere; for functions, classes and methods also a description of every
 * parameter; for functions and classes an example. Errors need no example. Self-explanatory members are exempt: the `type` of an
 * event, the `name` of an error.
 */
import { ReflectionKind } from 'typedoc';

const callable = ReflectionKind.Function | ReflectionKind.Method | ReflectionKind.Constructor;
const withExample = ReflectionKind.Function | ReflectionKind.Class;
const withSummary =
  ReflectionKind.Function |
  ReflectionKind.Class |
  ReflectionKind.Method |
  ReflectionKind.Property |
  ReflectionKind.Accessor |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable;

const isWritten = (comment) => comment?.summary?.some(({ text }) => text.trim() !== '') ?? false;
const hasExample = (comment) => comment?.blockTags?.some(({ tag }) => tag === '@example') ?? false;
const isError = (reflection) => reflection.extendedTypes?.some(({ name }) => /Error$/.test(name)) ?? false;

/** Comments of the name itself or, if it can be called, of its signatures. */
const commentsOf = (reflection) =>
  [
    reflection,
    ...(reflection.signatures ?? []),
    reflection.getSignature,
    ...(reflection.type?.declaration?.signatures ?? []),
  ]
    .filter(Boolean)
    .map(({ comment }) => comment)
    .filter(Boolean);

const saysItself = (reflection) =>
  (reflection.name === 'type' && /Event$/.test(reflection.parent?.name ?? '')) ||
  (reflection.name === 'name' && isError(reflection.parent)) ||
  /^\[\w+\]$/.test(reflection.name);

export function incomplete(project) {
  const found = [];
  const report = (reflection, what) => {
    const path = reflection.sources?.[0]?.fileName ?? reflection.parent?.sources?.[0]?.fileName ?? '';
    found.push({ path, name: reflection.getFullName(), what });
  };
  for (const reflection of project.getReflectionsByKind(withSummary | callable)) {
    if (reflection.inheritedFrom || reflection.parent?.kindOf(ReflectionKind.TypeLiteral)) continue;
    const comments = commentsOf(reflection);
    if (reflection.kindOf(withSummary) && !saysItself(reflection) && !comments.some(isWritten))
      report(reflection, 'has no summary');
    if (reflection.kindOf(withExample) && !isError(reflection) && !comments.some(hasExample))
      report(reflection, 'has no @example');
    if (!reflection.kindOf(callable) || isError(reflection.parent)) continue;
    for (const { parameters = [] } of reflection.signatures ?? [])
      for (const parameter of parameters)
        if (!isWritten(parameter.comment)) report(reflection, `@param ${parameter.name} is not described`);
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
