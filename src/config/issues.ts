import type { z } from 'zod';
import { editDistance, nearest } from '../core';
import { type Key, keyAt, keyTree, showPath } from './key-tree';
import { at, type Located } from './located';
import { keyProblemAt, type Problem, problemAt } from './problem';

type Issue = z.core.$ZodIssue;

/** Says in a sentence, with its place, what the schema found. */
export function toProblems(issues: readonly Issue[], located: Located): Problem[] {
  return issues.flatMap((issue) => {
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((name) => unknownKey(located, issue.path, name));
      case 'invalid_union':
        return ofUnion(issue, located);
      case 'custom':
        return [problemAt(located, issue.path, issue.message)];
      default:
        return [problemAt(located, issue.path, sentence(issue, located))];
    }
  });
}

/** A map among the choices is judged as the map; anything else by what could have stood there. */
function ofUnion(issue: z.core.$ZodIssueInvalidUnion, located: Located): Problem[] {
  const hits = issue.errors.filter(
    (choice) => choice.length > 0 && choice.every((inner) => !missesTheKind(inner)),
  );
  const [closest] = hits;
  if (closest) {
    const whole = closest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
    return toProblems(whole as Issue[], located);
  }
  return [problemAt(located, issue.path, sentence(issue, located))];
}

function missesTheKind(issue: Issue): boolean {
  const wrongKind = issue.code === 'invalid_type' || issue.code === 'invalid_value';
  return wrongKind && issue.path.length === 0;
}

function sentence(issue: Issue, located: Located): string {
  const key = keyAt(issue.path);
  const part = at(located, issue.path);
  if (!part && issue.code === 'invalid_type') return `is missing${key ? `: ${key.why}` : ''}`;
  if (issue.code === 'invalid_format') return `${issue.message}, got ${show(part)}`;
  if (issue.code === 'too_big' && issue.origin === 'string') {
    return `wants at most ${issue.maximum} characters`;
  }
  if (issue.code === 'too_small' && issue.origin === 'string') {
    return issue.minimum === 1 ? 'must not be empty' : `wants at least ${issue.minimum} characters`;
  }
  if (issue.code === 'too_small' && issue.origin === 'array') return 'wants at least one entry';
  return `wants ${key ? wanted(key) : issue.message}, got ${key?.secret ? 'something else' : show(part)}`;
}

/** What a key takes: `a whole number from 1 to 65535`, `auto, epoll or dgram`. */
function wanted(key: Key): string {
  const choices = [...key.words];
  for (const kind of key.accepts) {
    if (kind === 'number')
      choices.push(`${key.whole ? 'a whole number' : 'a number'}${bounds(key)}`);
    if (kind === 'boolean') choices.push('true or false');
    if (kind === 'list') choices.push('a list');
    if (kind === 'map') choices.push(`a map of ${[...key.keys.keys()].join(', ')}`);
    if (kind === 'text' && key.words.length === 0) choices.push('text');
    if (kind === 'null') choices.push('null');
  }
  const last = choices.pop() ?? 'something else';
  return choices.length === 0 ? last : `${choices.join(', ')} or ${last}`;
}

function bounds({ least, most }: Key): string {
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  return least !== undefined ? ` of at least ${least}` : '';
}

function show(part: Located | undefined): string {
  if (part?.kind === 'map') return 'a map';
  if (part?.kind === 'list') return 'a list';
  if (part?.value === undefined) return 'nothing';
  return JSON.stringify(part.value).slice(0, 80);
}

function unknownKey(located: Located, around: readonly PropertyKey[], name: string): Problem {
  const known = [...(keyAt(around)?.keys.keys() ?? [])];
  const meant = nearest(name, known);
  const far = meant === undefined || editDistance(name, meant) > Math.max(2, name.length / 2);
  const elsewhere = far ? pathsOf(name, keyTree(), []) : [];
  const advice = elsewhere.length
    ? `; there is ${elsewhere.map(showPath).join(' and ')}`
    : `; the nearest is ${meant}${far ? ` (known here: ${known.join(', ')})` : ''}`;
  return keyProblemAt(located, [...around, name], `no such key${advice}`);
}

/** Where a key of that name is known. */
function pathsOf(name: string, key: Key, path: readonly PropertyKey[]): PropertyKey[][] {
  const inner = [...key.keys].flatMap(([step, next]) => pathsOf(name, next, [...path, step]));
  return key.keys.has(name) ? [[...path, name], ...inner] : inner;
}
