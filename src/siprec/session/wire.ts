import type { Endpoint, LegKeying, OwnOrigin } from '../../media';
import { canonicalName, type Headers } from '../../ua';
import type { CallFacts } from '../metadata/call-facts';
import type { MetadataDialect } from '../metadata/dialect';
import type { RecordingMetadata } from '../metadata/model';
import { SDP_TYPE } from '../multipart/rs-body';
import { type OutgoingPart, writeBody } from '../multipart/write';
import { describeLines } from '../offer/description';
import type { OurLine } from './lines';
import type { Label } from './recording';

/** Headers and body of a message to the recorder. */
export interface WireMessage {
  readonly headers: Headers;
  readonly body?: string;
}

/** With keys, the secure one of the same kind. */
const PROFILE = 'RTP/AVP';

/** RFC 9806 renamed the type; recorders that know only the older name are told it as well. */
const ACCEPT = 'application/sdp, application/rs-metadata+xml, application/rs-metadata';
const ALLOW = 'INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS, INFO';

export interface WireOptions {
  readonly dialect: MetadataDialect;
  readonly facts: CallFacts;
  /** User part of our Contact and From. */
  readonly user: string;
  /** Transport of the recording session, for the Contact. */
  readonly transport: string;
  readonly origin: OwnOrigin;
  readonly localOf: (label: Label) => Endpoint | undefined;
  /** Undefined where the stream is sent in the clear. */
  readonly keyingOf: (label: Label) => LegKeying | undefined;
  /** For the INVITE; what the protocol needs itself cannot be overridden. */
  readonly extraHeaders: Headers | undefined;
}

/** Writes the messages of one recording session: RFC 7866 §6.1.1, §9.1. */
export class Wire {
  #origin: OwnOrigin;
  readonly #contact: Headers;
  readonly #request: Headers;

  constructor(private readonly options: WireOptions) {
    this.#origin = options.origin;
    const { user, transport, dialect } = options;
    // The engine puts its own address where it reads `localhost`.
    this.#contact = {
      Contact: `<sip:${user}@localhost;transport=${transport}>;${dialect.contact}`,
    };
    this.#request = { ...this.#contact, Require: 'siprec', Accept: ACCEPT, Allow: ALLOW };
  }

  invite(lines: readonly OurLine[], metadata: RecordingMetadata): WireMessage {
    const { user, extraHeaders, dialect, facts } = this.options;
    const own = { ...this.#request, From: `<sip:${user}@localhost>`, ...dialect.headers(facts) };
    const message = this.#message(own, this.#parts(lines, metadata));
    const taken = new Set(Object.keys(message.headers).map(canonicalName));
    const extra = Object.entries(extraHeaders ?? {}).filter(
      ([name]) => !taken.has(canonicalName(name)),
    );
    return { ...message, headers: { ...Object.fromEntries(extra), ...message.headers } };
  }

  reinvite(lines: readonly OurLine[], metadata: RecordingMetadata | undefined): WireMessage {
    const parts = metadata ? this.#parts(lines, metadata) : [this.#sdp(lines)];
    return this.#message(this.#request, parts);
  }

  /** OPTIONS, that asks whether the recorder is there. */
  check(): WireMessage {
    return { headers: { ...this.#contact, Accept: ACCEPT } };
  }

  /** Metadata alone: it must not name a label. */
  update(metadata: RecordingMetadata): WireMessage {
    return this.#message(this.#request, [this.#metadata(metadata)]);
  }

  /**
   * A response; a 2xx needs the feature tag as much as a request (RFC 7866 §6.1.1). Its lines answer the recorder's
   * offer, or are one.
   */
  response(
    lines: readonly OurLine[] | undefined,
    role: 'offer' | 'answer' = 'answer',
  ): WireMessage {
    return this.#message({ ...this.#contact, Accept: ACCEPT, Allow: ALLOW }, [
      ...(lines ? [this.#sdp(lines, role)] : []),
    ]);
  }

  #message(headers: Headers, parts: readonly OutgoingPart[]): WireMessage {
    if (parts.length === 0) return { headers };
    const written = writeBody(parts);
    return { headers: { ...headers, ...written.headers }, body: written.body };
  }

  #parts(lines: readonly OurLine[], metadata: RecordingMetadata): readonly OutgoingPart[] {
    const parts = [this.#sdp(lines), this.#metadata(metadata)];
    return this.options.dialect.first === 'description' ? parts : parts.reverse();
  }

  #sdp(lines: readonly OurLine[], role: 'offer' | 'answer' = 'offer'): OutgoingPart {
    const { localOf, keyingOf } = this.options;
    const { text, origin } = describeLines(this.#origin, lines, localOf, (label) => {
      const keying = keyingOf(label);
      return role === 'offer' ? keying?.propose(PROFILE) : keying?.answer(PROFILE);
    });
    this.#origin = origin;
    return { type: SDP_TYPE, disposition: 'session;handling=required', content: text };
  }

  #metadata(metadata: RecordingMetadata): OutgoingPart {
    const { dialect, facts } = this.options;
    return {
      type: dialect.contentType,
      disposition: 'recording-session',
      content: dialect.write(metadata, facts),
    };
  }
}
