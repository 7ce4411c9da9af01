import type { XmlElement } from './xml';

/** The name as the drafts and vendors agree on it: `session_id`, `Session-ID` → `sessionid`. */
export function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => plain(child.name) === name);
}

export function textsOf(element: XmlElement, name: string): string[] {
  return childrenOf(element, name).map(({ text }) => text);
}

export function textOf(element: XmlElement, name: string): string | undefined {
  return textsOf(element, name)[0];
}

/** The first of these attributes that is there. */
export function attributeOf(element: XmlElement, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = element.attributes.find(([attribute]) => plain(attribute) === name);
    if (found) return found[1].trim();
  }
  return undefined;
}

/** An element without an id is kept under the empty one: it may still carry a name or a label. */
export function idOf(element: XmlElement, ...names: readonly string[]): string {
  return attributeOf(element, ...names) ?? '';
}
