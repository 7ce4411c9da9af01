import type { Ids } from '../../core';
import type { CallIdentities } from '../../policy';
import { type IncomingInvite, parseNameAddr, splitList } from '../../ua';
import type { CallParty } from '../record';
import type { Routed, Target } from '../routing';
import type { RecordedCall } from './call-recordings';
import { Participants } from './participants';

/**
 * Who takes part in a call, for the policy: the caller by what its network asserts and its From, the callee by what was
 * called, and by where a 3xx has led if it did.
 */
export function callIdentities(
  invite: IncomingInvite,
  caller: CallParty,
  routed: Routed,
  redirected?: Target,
): CallIdentities {
  return {
    callerIdentities: [...caller.asserted, ...uris(invite, 'p-preferred-identity'), caller.uri],
    calledIdentities: [
      ...(redirected ? [redirected.uri] : []),
      invite.uri,
      parseNameAddr(invite.header('to') ?? '').uri,
      ...(routed.called === routed.dialled ? [] : [routed.called]),
    ],
    divertedFrom: [
      ...(redirected?.redirectedBy ?? []),
      ...uris(invite, 'diversion'),
      ...uris(invite, 'history-info').reverse(),
    ],
  };
}

function uris(invite: IncomingInvite, header: string): string[] {
  return splitList(invite.header(header) ?? '').map((one) => parseNameAddr(one).uri);
}

/** The call as its recordings are told of it. */
export function recordedCall(
  id: string,
  invite: IncomingInvite,
  parties: { readonly caller: CallParty; readonly callee: CallParty },
  ids: Ids,
): RecordedCall {
  return {
    id,
    sipSessionId: invite.header('session-id'),
    parties: new Participants(
      { a: party(parties.caller, ids), b: party(parties.callee, ids) },
      ids,
    ),
  };
}

function party({ uri, asserted, displayName }: CallParty, ids: Ids) {
  return { participantId: ids.uuid(), aor: asserted[0] ?? uri, displayName };
}
