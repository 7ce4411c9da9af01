/**
 * Every failure the product can name. Operators search for the code, peers see the SIP status.
 * `docs/errors.md` has a heading for each; a test holds the two together.
 */
export const FAULTS = {
  CALLER_NOT_ALLOWED: {
    sip: 403,
    retry: false,
    says: 'the source address belongs to no configured peer',
  },
  TOO_MANY_CALLS: { sip: 503, retry: true, says: 'as many calls as are allowed are under way' },
  TOO_MANY_HOPS: { sip: 483, retry: false, says: 'the request has passed too many hops: a loop' },
  NO_ROUTE: { sip: 404, retry: false, says: 'no route matches the called number' },
  URI_SCHEME_UNKNOWN: {
    sip: 416,
    retry: false,
    says: 'the Request-URI is neither a SIP nor a telephone URI',
  },
  NUMBER_TOO_LONG: {
    sip: 414,
    retry: false,
    says: 'the called number is longer than any number is',
  },
  EXTENSION_UNKNOWN: {
    sip: 420,
    retry: false,
    says: 'the request requires an extension that does not work through us',
  },
  BODY_NOT_UNDERSTOOD: {
    sip: 415,
    retry: false,
    says: 'the call has a body, and no session description in it',
  },
  NO_TARGET_ANSWERED: {
    sip: 503,
    retry: true,
    says: 'every target of the route failed or timed out',
  },
  OFFER_NOT_UNDERSTOOD: {
    sip: 488,
    retry: false,
    says: 'the session description could not be used',
  },
  SRTP_REQUIRED: {
    sip: 488,
    retry: false,
    says: 'the peer is to be called and to call by SRTP only',
  },
  SRTP_NOT_ALLOWED: { sip: 488, retry: false, says: 'the peer is not to use SRTP' },
  SRTP_KEYS_UNUSABLE: {
    sip: 488,
    retry: false,
    says: 'the description has no SRTP key that can be used',
  },
  PORTS_EXHAUSTED: { sip: 503, retry: true, says: 'no free RTP port pair in the configured range' },
  MEDIA_WORKER_LOST: { sip: 500, retry: true, says: 'the media worker that carried the call died' },
  MEDIA_NODES_DOWN: {
    sip: 503,
    retry: true,
    says: 'no rtpengine answers that could take the call',
  },
  MEDIA_TIMEOUT: { sip: 408, retry: false, says: 'no RTP arrived within the configured time' },
  SHUTTING_DOWN: { sip: 503, retry: true, says: 'the service is draining and takes no new calls' },
  INTERNAL_ERROR: { sip: 500, retry: false, says: 'a bug of ours ended the call' },
  RECORDER_NOT_CONFIGURED: {
    sip: 500,
    retry: false,
    says: 'the user is to be recorded and no recorder is configured',
  },
  RECORDER_UNREACHABLE: { sip: 503, retry: true, says: 'the recorder did not answer' },
  RECORDER_REFUSED: { sip: 488, retry: false, says: 'the recorder refused the recording session' },
  RECORDER_VANISHED: {
    sip: 503,
    retry: true,
    says: 'the recorder ended or lost the recording session during the call',
  },
  RECORDING_NOT_WRITABLE: {
    sip: 503,
    retry: true,
    says: 'the recorder cannot write to its directory',
  },
  NOTHING_RECORDABLE: {
    sip: 488,
    retry: false,
    says: 'the call has no audio stream that can be recorded',
  },
  ANNOUNCEMENT_NOT_POSSIBLE: {
    sip: 488,
    retry: false,
    says: 'a party of the call cannot be played to',
  },
  SOUND_NOT_USABLE: {
    sip: 500,
    retry: false,
    says: 'a prompt or tone cannot be played to people',
  },
  FREESWITCH_UNREACHABLE: {
    sip: 503,
    retry: true,
    says: 'the FreeSWITCH that announcements come from cannot be reached',
  },
  FREESWITCH_FAILED: {
    sip: 503,
    retry: true,
    says: 'FreeSWITCH did not deliver a sound',
  },
} as const satisfies Record<string, { sip: number; retry: boolean; says: string }>;

/** A code of the catalogue. */
export type FaultCode = keyof typeof FAULTS;

/** An expected failure: a code of the catalogue and what happened this time. */
export class Fault extends Error {
  override readonly name = 'Fault';

  constructor(
    readonly code: FaultCode,
    readonly detail?: string,
  ) {
    super(detail ? `${FAULTS[code].says}: ${detail}` : FAULTS[code].says);
  }

  /** The SIP status a peer sees. */
  get sip(): number {
    return FAULTS[this.code].sip;
  }
}
