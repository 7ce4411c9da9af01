import type { Cancel, Clock } from '../core';
import { type Endpoint, parseSdp, remoteEndpoint } from '../media';
import type { Dialog, IncomingInvite, IncomingRequest, SipAgent } from '../ua';
import { VOICE_CODECS, type VoiceCodec } from './codec';
import { describeVoice } from './description';
import { Voice, type VoiceStats } from './voice';

export interface PhoneOptions {
  /** The phone's own SIP user agent, on a socket of its own. */
  readonly agent: SipAgent;
  /** Address of its RTP ports. */
  readonly address: string;
  /** `"Alice" <sip:+15550100@127.0.0.1>`: what it writes into From. */
  readonly identity: string;
  readonly clock: Clock;
  /** How long it rings before it answers, in ms. */
  readonly ringMs?: number;
  readonly onEvent?: (event: PhoneEvent) => void;
}

export type PhoneEvent =
  | { readonly kind: 'calling'; readonly uri: string }
  | { readonly kind: 'ringing'; readonly role: 'caller' | 'callee' }
  | { readonly kind: 'answered'; readonly role: 'caller' | 'callee' }
  | { readonly kind: 'ended'; readonly by: 'us' | 'peer' };

/** A call of a scripted phone, answered. */
export interface PhoneCall {
  readonly codec: string;
  /** Says 8 kHz speech; resolves when its last frame has left. */
  say(samples: Int16Array): Promise<void>;
  /** What it heard so far, 8 kHz. */
  heard(): Int16Array;
  stats(): VoiceStats;
  hangUp(): Promise<void>;
  /** Resolves when the call is over, whoever ended it. */
  readonly ended: Promise<void>;
}

/**
 * A phone that does as it is told: calls, answers, speaks, listens, hangs up. A SIP user agent with sockets
 * of its own (RFC 3261), G.711 at 20 ms, no early media.
 */
export class Phone {
  #waiting: ((call: PhoneCall) => void) | undefined;

  constructor(private readonly options: PhoneOptions) {
    options.agent.onInvite = (invite) => void this.#ring(invite);
  }

  /** The next call that comes in, once it is answered. */
  nextCall(): Promise<PhoneCall> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Calls `uri` by way of `nextHop`. @throws Error with the status when it is not answered. */
  async call(uri: string, nextHop: string): Promise<PhoneCall> {
    const { agent, address, clock, identity } = this.options;
    const voice = await Voice.open(address, clock);
    const invite = agent.invite({
      uri,
      nextHop,
      headers: { From: identity, 'Content-Type': 'application/sdp' },
      body: describeVoice(voice.local, VOICE_CODECS, 1),
    });
    this.#tell({ kind: 'calling', uri });
    invite.onProgress = (response) => {
      if (response.reliable) void response.prack();
      if (response.status === 180) this.#tell({ kind: 'ringing', role: 'caller' });
    };
    const final = await invite.final;
    if (final.kind === 'rejected') {
      voice.close();
      throw new Error(
        `the call was not answered: ${final.response.status} ${final.response.reason}`,
      );
    }
    final.ack();
    const partner = understand(final.response.body);
    if (!partner) {
      await final.dialog.bye();
      voice.close();
      throw new Error('the answer has no audio that this phone can speak');
    }
    this.#tell({ kind: 'answered', role: 'caller' });
    return this.#converse(final.dialog, voice, partner);
  }

  async #ring(invite: IncomingInvite): Promise<void> {
    const { address, clock, ringMs = 0 } = this.options;
    const partner = understand(invite.body);
    if (!partner) return invite.reject(488);
    let cancelled = false;
    let hush: Cancel | undefined;
    invite.onCancel = () => {
      cancelled = true;
      hush?.();
    };
    await invite.progress(180);
    this.#tell({ kind: 'ringing', role: 'callee' });
    await new Promise<void>((resolve) => {
      hush = clock.after(ringMs, resolve);
    });
    if (cancelled) return;
    const voice = await Voice.open(address, clock);
    const dialog = await invite.accept({
      headers: { 'Content-Type': 'application/sdp' },
      body: describeVoice(voice.local, [partner.codec], 1),
    });
    this.#tell({ kind: 'answered', role: 'callee' });
    this.#waiting?.(this.#converse(dialog, voice, partner));
  }

  #converse(dialog: Dialog, voice: Voice, partner: Partner): PhoneCall {
    let version = 1;
    const renegotiate = (request: IncomingRequest): void => {
      const changed = understand(request.body);
      if (changed) voice.start(changed.remote, changed.codec);
      version += 1;
      const body = describeVoice(voice.local, changed ? [changed.codec] : VOICE_CODECS, version);
      void request.respond(200, { headers: { 'Content-Type': 'application/sdp' }, body });
    };
    dialog.onReinvite = renegotiate;
    dialog.onUpdate = renegotiate;
    let over: (by: 'us' | 'peer') => void = () => undefined;
    const ended = new Promise<'us' | 'peer'>((resolve) => {
      over = resolve;
    }).then((by) => {
      voice.close();
      this.#tell({ kind: 'ended', by });
    });
    dialog.onEnd = () => over('peer');
    voice.start(partner.remote, partner.codec);
    return {
      codec: partner.codec.name,
      say: (samples) => voice.say(samples),
      heard: () => voice.heard(),
      stats: () => voice.stats(),
      hangUp: async () => {
        over('us');
        await dialog.bye();
      },
      ended,
    };
  }

  #tell(event: PhoneEvent): void {
    this.options.onEvent?.(event);
  }
}

interface Partner {
  readonly remote: Endpoint;
  readonly codec: VoiceCodec;
}

/** Where the describer listens, and the first of its codecs that we speak. */
function understand(sdp: string): Partner | undefined {
  const parsed = parseSdp(sdp);
  if (!parsed.ok) return undefined;
  const audio = parsed.value.media.find((media) => media.kind === 'audio' && media.port !== 0);
  const remote = audio && remoteEndpoint(audio);
  const codec = audio?.payloads
    .map((payload) => VOICE_CODECS.find((known) => known.payloadType === payload.payloadType))
    .find((known) => known !== undefined);
  return remote?.kind === 'endpoint' && codec ? { remote: remote.endpoint, codec } : undefined;
}
