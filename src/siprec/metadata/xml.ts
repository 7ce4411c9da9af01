import { XMLParser } from 'fast-xml-parser';

/** An element as read or to be written; the order of children is kept, mixed text is not. */
export interface XmlElement {
  /** Local name as written. */
  readonly name: string;
  /** Namespace name; '' when in none. */
  readonly namespace: string;
  /** Attributes by local name as written, namespace declarations left out. */
  readonly attributes: ReadonlyArray<readonly [name: string, value: string]>;
  readonly children: readonly XmlElement[];
  /** The element's own text, its pieces joined, trimmed. */
  readonly text: string;
}

export type XmlDocument =
  | { readonly kind: 'document'; readonly root: XmlElement }
  | { readonly kind: 'refused'; readonly problem: string };

/** As much as a whole SIP body may have. */
const MAX_CHARACTERS = 256 * 1024;
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 10_000;

/**
 * Entities are decoded here and not by the parser: the five of XML and character references, nothing
 * declared by the document. What a body is made of is text, so nothing is guessed to be a number.
 */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  cdataPropName: '#cdata',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  allowBooleanAttributes: true,
  maxNestedTags: MAX_DEPTH,
});

/**
 * Reads a document from a stranger: bounded in size, depth and number of elements, without document type
 * (that is where entity expansion and external entities live). Forgiving otherwise: what is not closed is
 * read as far as it goes. Never throws.
 */
export function parseXml(text: string): XmlDocument {
  if (text.length > MAX_CHARACTERS) {
    return refused(`${text.length} characters of XML, at most ${MAX_CHARACTERS} are read`);
  }
  if (/<!(doctype|entity)/i.test(text)) return refused('a document type declaration');
  try {
    const nodes: unknown = parser.parse(text.replace(/^\uFEFF/, '').trim());
    const budget = { elements: MAX_ELEMENTS };
    const roots = elementsOf(nodes, new Map(), budget);
    const [root] = roots;
    return root ? { kind: 'document', root } : refused('no element');
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}

/** What the parser gives for a node: one key with its name, and its attributes beside it. */
type Node = Readonly<Record<string, unknown>>;
type Prefixes = ReadonlyMap<string, string>;

function elementsOf(nodes: unknown, scope: Prefixes, budget: { elements: number }): XmlElement[] {
  if (!Array.isArray(nodes)) return [];
  const elements: XmlElement[] = [];
  for (const node of nodes as readonly Node[]) {
    const qualified = Object.keys(node).find((key) => key !== ':@');
    if (qualified === undefined || qualified.startsWith('#')) continue;
    if (budget.elements-- <= 0) throw new Error(`more than ${MAX_ELEMENTS} elements`);
    elements.push(elementOf(qualified, node, scope, budget));
  }
  return elements;
}

function elementOf(
  qualified: string,
  node: Node,
  outer: Prefixes,
  budget: { elements: number },
): XmlElement {
  const attributes: Array<readonly [string, string]> = [];
  const declared: Array<readonly [string, string]> = [];
  for (const [name, raw] of Object.entries((node[':@'] ?? {}) as Node)) {
    // An attribute without a value is `true` here.
    const value = typeof raw === 'string' ? decodeEntities(raw) : '';
    if (name === 'xmlns') declared.push(['', value]);
    else if (name.startsWith('xmlns:')) declared.push([name.slice('xmlns:'.length), value]);
    else attributes.push([localName(name), value]);
  }
  const scope = declared.length === 0 ? outer : new Map([...outer, ...declared]);
  const content = node[qualified];
  return {
    name: localName(qualified),
    namespace: scope.get(prefixOf(qualified)) ?? '',
    attributes,
    children: elementsOf(content, scope, budget),
    text: textOf(content).trim(),
  };
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const node of content as readonly Node[]) {
    const own = node['#text'];
    if (typeof own === 'string') text += decodeEntities(own);
    const cdata = node['#cdata'];
    if (Array.isArray(cdata)) text += (cdata as readonly Node[]).map((n) => n['#text']).join('');
  }
  return text;
}

function prefixOf(qualified: string): string {
  const colon = qualified.indexOf(':');
  return colon === -1 ? '' : qualified.slice(0, colon);
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(':') + 1);
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** XML 1.0 §4.1 and §4.6. An unknown entity stays as it is written. */
function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-f]{1,6}|#[0-9]{1,7}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return NAMED[name] ?? whole;
    const hex = name[1] === 'x' || name[1] === 'X';
    const code = Number.parseInt(name.slice(hex ? 2 : 1), hex ? 16 : 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function refused(problem: string): XmlDocument {
  return { kind: 'refused', problem };
}
