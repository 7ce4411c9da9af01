import { METADATA_TYPE, SDP_TYPE } from '../../siprec';
import type { Answer, Headers, Source } from '../../ua';

const ACCEPT = 'application/sdp, application/rs-metadata+xml, application/rs-metadata';
const ALLOW = 'INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS, INFO';

/** What we can do, for answers and OPTIONS. */
export const CAPABILITIES: Headers = { Accept: ACCEPT, Allow: ALLOW };

/** RFC 7866 §6.2: the feature tag of a recording server, in every message that makes or changes the dialog. */
export function contactOf({ protocol }: Source): Headers {
  // The engine puts its own address where it reads `localhost`.
  return { Contact: `<sip:recorder@localhost;transport=${protocol}>;+sip.srs` };
}

/** A 200 to an INVITE or UPDATE, with a description when it had an offer or wants one. */
export function accepting(contact: Headers, sdp: string | undefined): Answer {
  const headers = { ...contact, ...CAPABILITIES };
  if (sdp === undefined) return { headers };
  return { headers: { ...headers, 'Content-Type': SDP_TYPE }, body: sdp };
}

/** An UPDATE that asks for everything anew: RFC 7866 §9.2. */
export function snapshotRequest(contact: Headers, reason: string) {
  return {
    headers: {
      ...contact,
      Require: 'siprec',
      Accept: ACCEPT,
      'Content-Type': METADATA_TYPE,
      'Content-Disposition': 'recording-session',
    },
    body: [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<requestsnapshot xmlns="urn:ietf:params:xml:ns:recording:1">',
      `  <requestreason xml:lang="en">${reason}</requestreason>`,
      '</requestsnapshot>',
      '',
    ].join('\r\n'),
  };
}

/** Text for a quoted string. */
export function quotable(text: string): string {
  return text.replaceAll(/["\\\r\n]/g, "'");
}
