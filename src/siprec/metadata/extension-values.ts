import type { RecordingMetadata } from './model';
import type { XmlElement } from './xml';

/**
 * Extension data as flat pairs, in document order: names of nested elements joined by dots, attributes
 * after an `@`. `["broadWorksRecordingMetadata.callType.termCall.callingPartyNumber", "sip:…"]`.
 */
export function extensionValues(
  elements: readonly XmlElement[],
): ReadonlyArray<readonly [key: string, value: string]> {
  const pairs: Array<readonly [string, string]> = [];
  const visit = (element: XmlElement, path: string) => {
    for (const [name, value] of element.attributes) pairs.push([`${path}@${name}`, value]);
    if (element.text !== '' || element.children.length === 0) pairs.push([path, element.text]);
    for (const child of element.children) visit(child, `${path}.${child.name}`);
  };
  for (const element of elements) visit(element, element.name);
  return pairs;
}

/** Every extension of a document, whatever it extends: recording, groups, sessions, … in this order. */
export function extensionsOf(metadata: RecordingMetadata): readonly XmlElement[] {
  const { extensions, groups, sessions, participants, streams } = metadata;
  return [
    ...extensions,
    ...[...groups, ...sessions, ...participants, ...streams].flatMap(
      (item) => item.extensions ?? [],
    ),
  ];
}
