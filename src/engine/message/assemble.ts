import type { Head } from './head';
import { HeaderLine, structureOf } from './header-line';
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
export function assemble(read: Head, body: Buffer, fault?: ParseError): ParseResult {
  const line = readStartLine(read.startLine);
  if (line.kind === 'alien') return refused('Not a SIP Message');
  const head = line.kind === 'request' ? withContactClosed(read) : read;
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
  if (contact && !isContact(contact)) return bad('Contact');
  return undefined;
}

/**
 * With the `>` put behind the Contact that recording clients are met to forget: the target is plain, and
 * whoever reads the header after us finds it whole. From and To stay as strict as RFC 4475 §3.1.2.6
 * wants them.
 */
function withContactClosed(head: Head): Head {
  const { contact } = head;
  if (!contact || isContact(contact)) return head;
  const closed = new HeaderLine(contact.name, `${contact.value}>`);
  if (!isContact(closed)) return head;
  const headers = head.headers.map((header) => (header === contact ? closed : header));
  return { ...head, headers, contact: closed };
}

function isContact(contact: HeaderLine): boolean {
  return contact.value === '*' || structureOf(contact, parseNameAddrs) !== undefined;
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
