import { type EmbeddedAgent, embeddedAgent } from '../../../src/app/sip';
import { silentLog } from '../../../src/core';
import {
  type Endpoint,
  type MediaDescription,
  type OwnMedia,
  type OwnOrigin,
  ownOrigin,
  type PayloadDescription,
  parseSdp,
  type SessionDescription,
  writeSdp,
} from '../../../src/media';
import { METADATA_TYPE, SDP_TYPE, writeBody } from '../../../src/siprec';
import type { Accepted, Dialog, Headers, IncomingRequest, Rejected } from '../../../src/ua';

export const PCMU: PayloadDescription = {
  payloadType: 0,
  codec: 'PCMU',
  clockRate: 8000,
  channels: 1,
  fmtp: undefined,
};

/** A line to offer. */
export interface Offered extends Partial<OwnMedia> {
  readonly from: Endpoint | undefined;
}

/** A scripted recording client: a SIP user agent of its own, and descriptions as it is told. */
export class Client {
  dialog: Dialog | undefined;
  readonly requests: IncomingRequest[] = [];
  #origin: OwnOrigin;

  private constructor(
    readonly line: EmbeddedAgent,
    private readonly target: string,
  ) {
    this.#origin = ownOrigin('1', '127.0.0.1');
  }

  static async open(target: string, protocol: 'udp' | 'tcp' = 'tcp'): Promise<Client> {
    const listen = [{ protocol, address: '127.0.0.1', port: 0 }] as const;
    const line = await embeddedAgent({ listen: [...listen], userAgent: 'client', log: silentLog });
    return new Client(line, target);
  }

  /** A description: audio, sendonly, labelled 1, 2 ... unless said otherwise. */
  describe(lines: readonly Offered[]): string {
    const media = lines.map(
      ({ from, ...more }, index): OwnMedia => ({
        kind: 'audio',
        local: from,
        payloads: [PCMU],
        direction: 'sendonly',
        label: String(index + 1),
        ...more,
      }),
    );
    const { text, origin } = writeSdp({ origin: this.#origin, media });
    this.#origin = origin;
    return text;
  }

  /** INVITE with an offer and metadata. */
  async invite(
    sdp: string | undefined,
    metadata?: string,
    headers: Headers = {},
  ): Promise<Accepted | Rejected> {
    const body = bodyOf(sdp, metadata);
    const invite = this.line.agent.invite({
      uri: this.target,
      headers: {
        Contact: '<sip:client@localhost>;+sip.src',
        Require: 'siprec',
        ...body.headers,
        ...headers,
      },
      ...(body.body !== undefined && { body: body.body }),
    });
    const final = await invite.final;
    if (final.kind === 'accepted') {
      const { dialog } = final;
      this.dialog = dialog;
      dialog.onUpdate = (request) => {
        this.requests.push(request);
        void request.respond(200);
      };
      final.ack();
    }
    return final;
  }

  /** re-INVITE with an offer and metadata; gives the answer. */
  async reinvite(sdp: string | undefined, metadata?: string) {
    const answered = await this.dialog!.reinvite(bodyOf(sdp, metadata));
    if (answered.kind === 'accepted' && sdp !== undefined) answered.ack();
    return answered;
  }

  async close(): Promise<void> {
    await this.line.close();
  }
}

function bodyOf(
  sdp: string | undefined,
  metadata: string | undefined,
): { headers: Headers; body?: string } {
  const parts = [
    ...(sdp === undefined
      ? []
      : [{ type: SDP_TYPE, disposition: 'session;handling=required', content: sdp }]),
    ...(metadata === undefined
      ? []
      : [{ type: METADATA_TYPE, disposition: 'recording-session', content: metadata }]),
  ];
  return parts.length === 0 ? { headers: {} } : writeBody(parts);
}

/** What an answer says, read. */
export function described(text: string): SessionDescription {
  const parsed = parseSdp(text);
  if (!parsed.ok) throw parsed.fault;
  return parsed.value;
}

/** Where a line of an answer is received. */
export function endpointOf({ port, rtcpPort, connection }: MediaDescription): Endpoint {
  return { address: connection!.address, rtpPort: port, rtcpPort: rtcpPort ?? port + 1 };
}

/** Metadata of RFC 7865: Alice says label 1, Bob label 2. */
export function conversation(mode = 'complete'): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns="urn:ietf:params:xml:ns:recording:1">
  <datamode>${mode}</datamode>
  <session session_id="hVpd7YQgRW2nD22h7q60JQ=="/>
  <participant participant_id="srfBElmCRp2QB23b7Mpk0w==">
    <nameID aor="sip:alice@example.com"><name>Alice</name></nameID>
  </participant>
  <participant participant_id="zSfPoSvdSDCmU3A3TRDxAw==">
    <nameID aor="sip:bob@example.com"><name>Bob</name></nameID>
  </participant>
  <stream stream_id="UAAMm5GRQKSCMVvLyl4rFw==" session_id="hVpd7YQgRW2nD22h7q60JQ=="><label>1</label></stream>
  <stream stream_id="i1Pz3to5hGk8fuXl+PbwCw==" session_id="hVpd7YQgRW2nD22h7q60JQ=="><label>2</label></stream>
  <participantstreamassoc participant_id="srfBElmCRp2QB23b7Mpk0w==">
    <send>UAAMm5GRQKSCMVvLyl4rFw==</send><recv>i1Pz3to5hGk8fuXl+PbwCw==</recv>
  </participantstreamassoc>
  <participantstreamassoc participant_id="zSfPoSvdSDCmU3A3TRDxAw==">
    <send>i1Pz3to5hGk8fuXl+PbwCw==</send><recv>UAAMm5GRQKSCMVvLyl4rFw==</recv>
  </participantstreamassoc>
</recording>
`;
}
