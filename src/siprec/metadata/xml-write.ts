import type { XmlElement } from './xml';
import { xmlText } from './xml-text';

declare const MARKUP: unique symbol;

/** XML that is well-formed as it stands. Only this file makes it, so that nothing is escaped twice or never. */
export type Markup = string & { readonly [MARKUP]: never };

/** By name; what is undefined is left out. Names are ours, values may be anybody's. */
export type Attributes = Readonly<Record<string, string | undefined>>;

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

export function xmlDocument(root: Markup): string {
  return DECLARATION + root;
}

export function element(
  name: string,
  attributes: Attributes,
  ...content: ReadonlyArray<Markup | undefined>
): Markup {
  let said = '';
  for (const attribute in attributes) said += written(attribute, attributes[attribute]);
  let inner = '';
  for (const piece of content) if (piece !== undefined) inner += piece;
  return whole(name, said, inner);
}

function written(attribute: string, value: string | undefined): string {
  return value === undefined ? '' : ` ${attribute}="${escaped(value)}"`;
}

function whole(name: string, attributes: string, content: string): Markup {
  const start = `<${name}${attributes}`;
  return (content === '' ? `${start}/>` : `${start}>${content}</${name}>`) as Markup;
}

/** An element of text alone; undefined when there is none to say. */
export function leaf(name: string, text: string): Markup;
export function leaf(name: string, text: string | undefined): Markup | undefined;
export function leaf(name: string, text: string | undefined): Markup | undefined {
  if (text === undefined) return undefined;
  return (text === '' ? `<${name}/>` : `<${name}>${escaped(text)}</${name}>`) as Markup;
}

/** What is written of each, one after the other. */
export function each<One>(ones: readonly One[], write: (one: One) => Markup): Markup {
  let markup = '';
  for (const one of ones) markup += write(one);
  return markup as Markup;
}

export function joined(first: Markup, second: Markup): Markup {
  return (first + second) as Markup;
}

/** An element of any namespace, inside one of the namespace `around`. */
export function foreign(
  { name, namespace, attributes, text, children }: XmlElement,
  around: string,
): Markup {
  let said = namespace === around ? '' : written('xmlns', namespace);
  for (const [attribute, value] of attributes) said += written(attribute, value);
  return whole(name, said, escaped(text) + each(children, (child) => foreign(child, namespace)));
}

const PLAIN = /^[ !#-%'-;=?-~]*$/;
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/**
 * Text that is read again as it was, in content and in attributes alike: white space is referred to, for a reader
 * makes blanks of it in attributes (XML 1.0 §3.3.3) and loses carriage returns everywhere (§2.11). What XML
 * has no place for is left out.
 */
export function escaped(text: string): Markup {
  if (PLAIN.test(text)) return text as Markup;
  return xmlText(text).replace(/[&<>"\t\n\r]/g, (one) => REFERENCES[one]!) as Markup;
}
