import { parseDocument } from 'yaml';
import type { Key } from '../key-tree';
import { type Located, locate, type Origin } from '../located';
import { type Parsed, parsed, refused } from '../values';

/**
 * Reads the text of an environment variable or a flag as the kind of value that its key takes: text
 * stays text (a number such as 0123 keeps its zero), a list may be written `a, b` or `[a, b]`, a
 * list of maps or a map as YAML or JSON, `null` where the key takes null.
 */
export function readWrittenText(text: string, key: Key, origin: Origin): Parsed<Located> {
  const { accepts } = key;
  const trimmed = text.trim();
  if (trimmed === 'null' && accepts.has('null')) return parsed(locate(null, origin));
  const flow = /^[[{]/.test(trimmed);
  if (flow && (accepts.has('list') || accepts.has('map'))) return readFlow(trimmed, origin);
  if (accepts.has('list') && !key.words.includes(trimmed)) {
    return parsed(locate(splitList(trimmed), origin));
  }
  if (accepts.has('number') && /^-?\d+(?:\.\d+)?$/.test(trimmed)) {
    return parsed(locate(Number(trimmed), origin));
  }
  if (accepts.has('boolean') && /^(?:true|false)$/.test(trimmed)) {
    return parsed(locate(trimmed === 'true', origin));
  }
  return parsed(locate(text, origin));
}

function readFlow(text: string, origin: Origin): Parsed<Located> {
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = [...document.errors, ...document.warnings];
  if (error) return refused(`not valid YAML: ${error.message}`);
  try {
    return parsed(locate(document.toJS({ maxAliasCount: 0 }), origin));
  } catch {
    return refused('aliases (*name) are not taken: write the value out');
  }
}

function splitList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}
