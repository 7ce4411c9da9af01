import type { Head } from './head';
import { structureOf } from './header-line';
import { EMPTY_BODY, type SipRequest, type SipResponse } from './message';
import { type NameAddr, parseNameAddr, parseNameAddrs } from './name-addr';
import type { ParseError, ParseResult, Refused } from './parse-result';
import { BAD_URI, readStartLine } from './start-line';
import { parseCSeq, parseHops } from './values';
import { parseVias } from './via';

/**
 * Makes a message of a head and its body, or says why not. `fault` is what was already found wrong
 * with the bytes (a short body, a stream without Content-Length).
 */
export function assemble(head: Head, body: Buffer, fault?: ParseError): ParseResult {
  const line = readStartLine(head.startLine);
  if (line.kind === 'alien') return refused('Not a SIP Message');
  const { headers } = head;
  if (line.kind === 'response') {
    const error = head.fault ?? line.fault ?? fault ?? commonFault(head);
    if (error) return { ok: false, error };
    const { status, reason } = line;
    const response: SipResponse = { kind: 'response', status, reason, headers, body };
    return { ok: true, message: response };
  }
  const { method, uri } = line;
  const others = head.fault ?? fault ?? commonFault(head) ?? requestFault(head, method);
  const error = line.fault ?? others;
  if (!error) return { ok: true, message: { kind: 'request', method, uri, headers, body } };
  // Without a Via nothing says who asks; with an illegible one the source can still be answered.
  if (!head.via) return { ok: false, error };
  const onlyUri = error === BAD_URI && !others;
  const partial: SipRequest = {
    kind: 'request',
    method,
    uri,
    headers,
    body: onlyUri ? body : EMPTY_BODY,
  };
  return onlyUri ? { ok: false, error, partial, onlyUri } : { ok: false, error, partial };
}

/** Refuses bytes that cannot be answered. */
export function refused(reason: string): Refused {
  return { ok: false, error: { status: 400, reason } };
}

/** What any message must have: RFC 3261 §8.1.1, §8.2.6.2. */
function commonFault({ via, single }: Head): ParseError | undefined {
  if (!via) return missing('Via');
  if (!structureOf(via, parseVias)) return bad('Via');
  if (!single.From) return missing('From');
  if (!isParty(structureOf(single.From, parseNameAddr))) return bad('From');
  if (!single.To) return missing('To');
  if (!isParty(structureOf(single.To, parseNameAddr))) return bad('To');
  if (!single['Call-ID']) return missing('Call-ID');
  if (!isCallId(single['Call-ID'].value)) return bad('Call-ID');
  if (!single.CSeq) return missing('CSeq');
  if (!structureOf(single.CSeq, parseCSeq)) return bad('CSeq');
  return undefined;
}

function requestFault({ single, contact }: Head, method: string): ParseError | undefined {
  const cseq = single.CSeq && structureOf(single.CSeq, parseCSeq);
  if (cseq?.method !== method) return { status: 400, reason: 'CSeq Method Mismatch' };
  const hops = single['Max-Forwards'];
  // RFC 2543 user agents send none; RFC 3261 §16.3 lets it pass.
  if (hops && structureOf(hops, parseHops) === undefined) return bad('Max-Forwards');
  if (contact && contact.value !== '*' && !structureOf(contact, parseNameAddrs)) {
    return bad('Contact');
  }
  return undefined;
}

function isParty(address: NameAddr | undefined): boolean {
  if (!address) return false;
  const tag = address.params.get('tag');
  // Without a tag: RFC 2543. With an empty one, or one that is no word, it identifies nothing.
  return (
    !address.params.has('tag') || (tag !== undefined && tag !== '' && !/[\0-\x20\x7f"|]/.test(tag))
  );
}

/**
 * Looser than RFC 3261's word, but nothing that separates words anywhere: in other headers (dialog
 * identifiers in Replaces, Join), in keys or in the control protocol.
 */
function isCallId(text: string): boolean {
  return text !== '' && !/[\0-\x20\x7f,;|]/.test(text);
}

function missing(name: string): ParseError {
  return { status: 400, reason: `Missing ${name}` };
}

function bad(name: string): ParseError {
  return { status: 400, reason: `Bad ${name}` };
}
