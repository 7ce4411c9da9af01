import type { Headers, IncomingInvite } from '../../ua';
import type { Body } from './body';

/** Whether an INVITE opens a recording session, or how it is refused. */
export type Admission =
  | { readonly kind: 'admitted' }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly reason: string;
      readonly headers?: Headers;
    };

/** Option tags (RFC 3261 §20.32) that we understand, or that the engine does for us. */
const UNDERSTOOD = new Set(['siprec', 'timer', '100rel', 'record-aware']);

/** `+sip.src` as a parameter of the Contact, inside its URI (Avaya), or plain `src` (BroadWorks). */
const SOURCE = /;\s*(?:\+sip\.src|src)\s*(?=[;,=>\s]|$)/i;

/**
 * RFC 7866 §6.2 wants both `+sip.src` and `Require: siprec`; the field sends one, or neither. Whoever
 * shows in any known way to be a recording client is one.
 */
export function admit(invite: IncomingInvite, body: Body): Admission {
  const required = tags(invite.header('require'));
  const unknown = required.filter((tag) => !UNDERSTOOD.has(tag));
  if (unknown.length > 0) {
    return {
      kind: 'refused',
      status: 420,
      reason: 'Bad Extension',
      headers: { Unsupported: unknown.join(', ') },
    };
  }
  const records =
    required.includes('siprec') ||
    tags(invite.header('supported')).includes('siprec') ||
    SOURCE.test(invite.header('contact') ?? '') ||
    body.metadata !== undefined ||
    invite.header('x-cisco-recording-participant') !== undefined;
  if (records) return { kind: 'admitted' };
  return {
    kind: 'refused',
    status: 403,
    reason: 'Recording Sessions Only',
    headers: { Warning: '399 recorder "This address takes SIPREC recording sessions (RFC 7866)"' },
  };
}

function tags(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((tag) => tag.trim().toLowerCase())
    .filter((tag) => tag !== '');
}
