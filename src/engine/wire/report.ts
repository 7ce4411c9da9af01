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
  inbound: Inbound,
  ids: Ids,
  receivedOn: LocalEnd | undefined,
  time: string,
): Payload {
  const { source, bytes } = inbound;
  const from = `${id}|sip|network|${bytes}|${place(source)}|${time}`;
  const where = receivedOn ? `|${host(numeric(receivedOn))}|${receivedOn.port}|` : '|';
  return { meta: `${from}|${ids.transactionId}|${ids.dialogId}${where}`, message };
}

/** A response; one made here has no bytes and no place. */
export function responseFrame(
  id: string,
  message: SipMessage,
  inbound: Inbound | undefined,
  ids: Ids,
  time: string,
): Payload {
  const origin = inbound ? `${inbound.bytes}|${place(inbound.source)}` : '0|udp||0';
  const meta = `${id}|sip|network|${origin}|${time}|${ids.transactionId}|${ids.dialogId}|`;
  return { meta, message };
}

/** A request the engine has sent by itself. */
export function unsolicitedFrame(id: string, sent: Sent, dialogId: string, time: string): Payload {
  const meta = `${id}|sip|application|${sent.bytes.length}|${place(sent)}|${time}`;
  return { meta: `${meta}|unsolicited|${dialogId}|`, message: sent.bytes };
}

export function cdrFrame(id: string, event: CdrEvent, time: string): Payload {
  const detail = event.detail === undefined ? '' : `|${event.detail}`;
  const meta = `${id}|cdr:${event.kind}|${event.source}|${time}${detail}`;
  return { meta, message: event.message };
}

/** The answer to a frame of the application that needs no more than words. */
export function answerFrame(id: string, answered: string, ...fields: readonly string[]): Payload {
  return { meta: `${id}|response|${answered}|${fields.join('|')}` };
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
    case 'request-sent': {
      const { sent, transactionId } = outcome;
      const meta = `${echo(id, answered, sent, time)}|${transactionId}|Msg sent:|`;
      return { meta, message: sent.bytes };
    }
    case 'response-sent': {
      const { sent, ids } = outcome;
      const names = `${ids.transactionId}|${ids.dialogId}||Msg sent:|`;
      return { meta: `${echo(id, answered, sent, time)}|${names}`, message: sent.bytes };
    }
    case 'proxied': {
      const { response, inbound } = outcome;
      const origin = `network|${inbound.bytes}|${place(inbound.source)}|${time}`;
      const meta = `${id}|response|${answered}|OK|${origin}|||continue`;
      return { meta, message: response };
    }
  }
}

function echo(id: string, answered: string, sent: Sent, time: string): string {
  return `${id}|response|${answered}|OK|application|${sent.bytes.length}|${place(sent)}|${time}`;
}

function place({ protocol, address, port }: Address): string {
  return `${protocol}|${host(address)}|${port}`;
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
