import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { keyTree } from '../key-tree';
import { type Entry, type Located, locate, type Origin } from '../located';
import type { Problem } from '../problem';

/** A configuration this large is a mistake, and reading it would only hide which. */
const LARGEST = 4 * 1024 * 1024;

/** Deeper than any key goes. */
const DEEPEST = 20;

export interface Read {
  readonly located: Located;
  readonly problems: readonly Problem[];
}

/** Reads YAML 1.2, keeping where each key and value stands. Broken YAML gives problems, not a throw. */
export function readYaml(text: string, file: string): Read {
  const start: Origin = { kind: 'file', file, line: 1, column: 1 };
  const empty = locate({}, start);
  if (text.length > LARGEST) {
    return { located: empty, problems: [problem('is larger than 4 MiB', start)] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const originOf = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset);
    return { kind: 'file', file, line, column: col };
  };
  const broken = [...document.errors, ...document.warnings].map((error) =>
    problem(`not valid YAML: ${error.message}`, originOf(error.pos[0])),
  );
  if (document.contents === null) return { located: empty, problems: broken };

  const problems: Problem[] = [...broken];
  const walk = (node: unknown, around: Origin, depth: number): Located => {
    const origin = startOf(node, originOf) ?? around;
    if (depth > DEEPEST) {
      problems.push(problem('is nested deeper than any key goes', origin));
      return locate(null, origin);
    }
    // An alias could repeat a part without end; nothing here is long enough to want one.
    if (isAlias(node)) {
      problems.push(problem('aliases (*name) are not taken: write the value out', origin));
      return locate(null, origin);
    }
    if (isScalar(node)) return { kind: 'scalar', origin, value: node.value };
    if (isSeq(node)) {
      const items = node.items.map((item) => walk(item, origin, depth + 1));
      return { kind: 'list', origin, items };
    }
    if (isMap(node)) {
      const entries = new Map<string, Entry>();
      for (const pair of node.items) {
        const key = startOf(pair.key, originOf) ?? origin;
        if (!isScalar(pair.key)) problems.push(problem('wants a word for a key', key));
        else entries.set(String(pair.key.value), { key, value: walk(pair.value, key, depth + 1) });
      }
      return { kind: 'map', origin, entries };
    }
    return locate(null, origin);
  };
  const located = walk(document.contents, start, 0);
  if (located.kind === 'map') return { located, problems };
  const sections = [...keyTree().keys.keys()].join(', ');
  return { located: empty, problems: [...problems, problem(`wants a map of ${sections}`, start)] };
}

function startOf(node: unknown, originOf: (offset: number) => Origin): Origin | undefined {
  const range = (node as Node | null)?.range;
  return range ? originOf(range[0]) : undefined;
}

function problem(message: string, origin: Origin): Problem {
  return { path: '', message, origin };
}
