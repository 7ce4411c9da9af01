import type { CallFacts } from './call-facts';
import type { Notice } from './model';
import type { XmlElement } from './xml';

/** Elements of our own, where no public one exists. */
export const OWN_NAMESPACE = 'urn:twintrack:recording:1';

/** The call behind a session: `<call id="…" direction="in"/>`. */
export function callElement({ callId, direction }: CallFacts): XmlElement {
  return own('call', [
    ['id', callId],
    ['direction', direction],
  ]);
}

/**
 * A notice in the words of Webex's metadata of recordings. `idForm` gives participants' ids the form they have
 * elsewhere in the document.
 */
export function noticeElement(notice: Notice, idForm: (uuid: string) => string): XmlElement {
  const timestamp = notice.at.toISOString();
  if (notice.kind === 'action') {
    const { action, by } = notice;
    return own('recordingAction', [
      ['action', action.toUpperCase()],
      ['timestamp', timestamp],
      ['by', by],
    ]);
  }
  const { announcement, until, fileName, sha256, listeners, completed } = notice;
  return own('announcement', [
    ['type', announcement.toUpperCase()],
    ['timestamp', timestamp],
    ['endTimestamp', until.toISOString()],
    ['fileName', fileName],
    ...(sha256 === undefined ? [] : [['sha256', sha256] as const]),
    ['participants', listeners.map(idForm).join(' ')],
    ['completed', String(completed)],
  ]);
}

/** Of a participant that is the focus of a conference: `<focus/>`. */
export function focusElement(): XmlElement {
  return own('focus', []);
}

function own(name: string, attributes: XmlElement['attributes']): XmlElement {
  return { name, namespace: OWN_NAMESPACE, attributes, children: [], text: '' };
}
