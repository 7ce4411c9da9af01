import type { CdrEvent, Ids, Outcome, Sent } from '../agent';
import type { SipMessage } from '../message';
import type { Address, Inbound, LocalEnd } from '../transport';
import type { Payload } from './frame';

/**
 * The frames an application gets, field by field as drachtio-server writes them. A first field is
 * always a fresh id of ours; `time` is `HH:MM:SS.uuuuuu`, UTC.
 */

/** A request off the network. Outside of dialogs it says on which of our ends it came. */
export function requestFrame(
  id: string,
  message: SipMessage,
  { source, bytes }: Inbound,
  { transactionId, dialogId }: Ids,
  receivedOn: LocalEnd | undefined,
  time: string,
): Payload {
  const fields = [
    id,
    'sip',
    'network',
    `${bytes}`,
    ...place(source),
    time,
    transactionId,
    dialogId,
  ];
  if (receivedOn) fields.push(host(numeric(receivedOn)), `${receivedOn.port}`);
  fields.push('');
  return { fields, message };
}

/** A response; one made here has no bytes and no place. */
export function responseFrame(
  id: string,
  message: SipMessage,
  inbound: Inbound | undefined,
  { transactionId, dialogId }: Ids,
  time: string,
): Payload {
  const origin = inbound ? [`${inbound.bytes}`, ...place(inbound.source)] : ['0', 'udp', '', '0'];
  const fields = [id, 'sip', 'network', ...origin, time, transactionId, dialogId, ''];
  return { fields, message };
}

/** A request the engine has sent by itself. */
export function unsolicitedFrame(id: string, sent: Sent, dialogId: string, time: string): Payload {
  const { bytes } = sent;
  const origin = ['application', `${bytes.length}`, ...place(sent), time];
  return { fields: [id, 'sip', ...origin, 'unsolicited', dialogId, ''], message: bytes };
}

export function cdrFrame(id: string, event: CdrEvent, time: string): Payload {
  const fields = [id, `cdr:${event.kind}`, event.source, time];
  if (event.detail !== undefined) fields.push(event.detail);
  return { fields, message: event.message };
}

/** The answer to a frame of the application that needs no more than words. */
export function answerFrame(id: string, answered: string, ...words: readonly string[]): Payload {
  return { fields: [id, 'response', answered, ...words] };
}

/** The answer to a `sip` or `proxy` frame. */
export function outcomeFrame(
  id: string,
  answered: string,
  outcome: Outcome,
  time: string,
): Payload {
  switch (outcome.kind) {
    case 'refused':
      return answerFrame(id, answered, 'NOK', clean(outcome.text));
    case 'done':
      return answerFrame(id, answered, 'OK', 'done');
    case 'request-sent':
      return echo(id, answered, outcome.sent, time, outcome.transactionId);
    case 'response-sent': {
      const { transactionId, dialogId } = outcome.ids;
      return echo(id, answered, outcome.sent, time, transactionId, dialogId, '');
    }
    case 'proxied': {
      const { source, bytes } = outcome.inbound;
      const origin = ['network', `${bytes}`, ...place(source), time];
      const fields = [id, 'response', answered, 'OK', ...origin, '', '', 'continue'];
      return { fields, message: outcome.response };
    }
  }
}

function echo(
  id: string,
  answered: string,
  sent: Sent,
  time: string,
  ...names: readonly string[]
): Payload {
  const { bytes, message: parsed } = sent;
  const origin = ['application', `${bytes.length}`, ...place(sent), time];
  const fields = [id, 'response', answered, 'OK', ...origin, ...names, 'Msg sent:', ''];
  return { fields, message: bytes, parsed };
}

function place({ protocol, address, port }: Address): readonly string[] {
  return [protocol, host(address), `${port}`];
}

/** The address that got a message: the socket's, or what a wildcard stands for. */
function numeric({ address, advertised }: LocalEnd): string {
  return address === '0.0.0.0' || address === '::' ? advertised.address : address;
}

/** IPv6 in brackets: applications put it into URIs as it is. */
function host(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** A field holds neither the separator nor a line end. */
function clean(text: string): string {
  return text.replace(/[|\r\n]/g, ' ');
}
