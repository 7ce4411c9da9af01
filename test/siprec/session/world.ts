import { type Ids, type Log, silentLog } from '../../../src/core';
import type { PayloadDescription } from '../../../src/media';
import {
  createRecordingClient,
  mergeMetadata,
  metadataOf,
  parseBody,
  parseMetadata,
  partiesOf,
  type Recording,
  type RecordingClient,
  type RecordingMetadata,
  type RecordingOutcome,
  type RecordingRequest,
  type RecordingTarget,
  sdpOf,
} from '../../../src/siprec';
import { VirtualClock } from '../../support/virtual-clock';
import { FakeFork } from './fake-fork';
import { FakeAgent, type FakeDialog } from './fake-recorder';

export const PCMU: PayloadDescription = {
  payloadType: 0,
  codec: 'PCMU',
  clockRate: 8000,
  channels: 1,
  fmtp: undefined,
};
export const PCMA: PayloadDescription = { ...PCMU, payloadType: 8, codec: 'PCMA' };
export const OPUS: PayloadDescription = {
  payloadType: 111,
  codec: 'opus',
  clockRate: 48000,
  channels: 2,
  fmtp: 'useinbandfec=1',
};
export const EVENTS: PayloadDescription = {
  payloadType: 101,
  codec: 'telephone-event',
  clockRate: 8000,
  channels: 1,
  fmtp: '0-16',
};

/** The recorder, where there is one. */
export const MAIN: RecordingTarget = { name: 'main', uri: 'sip:recorder.example.net' };

/** One that stands by. */
export const STANDBY: RecordingTarget = { name: 'standby', uri: 'sip:standby.example.net' };

export const ALICE = '0a11ce00-0000-4000-8000-000000000001';
export const BOB = 'b0b00000-0000-4000-8000-000000000002';
export const CAROL = 'ca201000-0000-4000-8000-000000000003';

/** Ids that count, so that documents can be compared. */
class CountingIds implements Ids {
  #count = 0;

  uuid(): string {
    this.#count += 1;
    return `5712ea00-0000-4000-8000-${String(this.#count).padStart(12, '0')}`;
  }

  token(bytes: number): string {
    return '80'.repeat(bytes);
  }
}

/** A recording client with a recorder and a call that a test plays. */
export class World {
  readonly clock = new VirtualClock();
  readonly agent = new FakeAgent();
  /** Everything done to the forks, and the requests sent, in order. */
  readonly journal: string[] = [];
  readonly forks = {
    '1': new FakeFork('1', 40000, this.journal),
    '2': new FakeFork('2', 40004, this.journal),
  };
  readonly client: RecordingClient;

  constructor(log: Log = silentLog) {
    const { agent, clock } = this;
    this.client = createRecordingClient({ agent, clock, ids: new CountingIds(), log });
  }

  record(
    request: Partial<RecordingRequest> = {},
    target: Partial<RecordingTarget> = {},
  ): Recording {
    return this.recordAt([{ ...MAIN, ...target }], request);
  }

  /** With several recorders, best first. */
  recordAt(
    recorders: readonly RecordingTarget[],
    request: Partial<RecordingRequest> = {},
  ): Recording {
    return this.client.record(recorders, { ...this.call(), ...request });
  }

  call(): RecordingRequest {
    return {
      callId: 'call-1@pbx',
      recordingId: '2ec02d00-0000-4000-8000-000000000004',
      groupId: '62000000-0000-4000-8000-000000000005',
      sessionId: '5e551000-0000-4000-8000-000000000006',
      sipSessionId: 'ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2',
      direction: 'in',
      recorded: { participantId: ALICE, aor: 'sip:alice@pbx.example.com', displayName: 'Alice' },
      others: [{ participantId: BOB, aor: 'sip:+15550100@trunk.example.net' }],
      streams: [
        {
          label: '1',
          sender: ALICE,
          fork: this.forks['1'],
          codecs: [PCMA, EVENTS],
          sending: true,
        },
        {
          label: '2',
          sender: BOB,
          fork: this.forks['2'],
          codecs: [PCMU, EVENTS],
          sending: true,
        },
      ],
      startedAt: this.clock.wall(),
    };
  }

  /** Whom the last INVITE was for: the first label of its host. */
  get asked(): string | undefined {
    return /sip:([a-z]+)/.exec(this.agent.last.options.uri)?.[1];
  }

  /** The recorder that was asked last accepts. */
  async accept(answer: string = sdp()): Promise<FakeDialog> {
    const dialog = this.agent.last.accept(answer);
    await turn();
    return dialog;
  }

  /** A recording that the recorder has accepted. */
  async recording(
    request: Partial<RecordingRequest> = {},
    answer: string = sdp(),
    headers: Record<string, string> = { Allow: 'INVITE, ACK, BYE, UPDATE' },
    target: Partial<RecordingTarget> = {},
  ): Promise<{ recording: Recording; dialog: FakeDialog }> {
    const recording = this.record(request, target);
    const dialog = this.agent.last.accept(answer, headers);
    await turn();
    return { recording, dialog };
  }

  /** Stops with the recorder answering everything at once. */
  async stop(recording: Recording, dialog: FakeDialog): Promise<RecordingOutcome> {
    const outcome = recording.stop({ text: 'ended' });
    await turn();
    const last = dialog.sent.at(-1);
    if (last) last.answer(200);
    await turn();
    dialog.answerBye();
    return outcome;
  }
}

/** Lets everything that needs no time happen. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** The recorder's session description: one m-line for each of `lines`. */
export function sdp(
  lines: ReadonlyArray<{
    port?: number;
    formats?: string;
    direction?: string;
    address?: string;
    extra?: string;
    kind?: string;
    protocol?: string;
  }> = [{ formats: '8 101' }, { port: 52002 }],
): string {
  const media = lines.map(
    (
      {
        port = 52000,
        formats = '0 101',
        direction = 'recvonly',
        address,
        extra = '',
        kind = 'audio',
        protocol = 'RTP/AVP',
      },
      i,
    ) =>
      `m=${kind} ${port} ${protocol} ${formats}\r\n${address ? `c=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}\r\n` : ''}` +
      `a=${direction}\r\na=label:${i + 1}\r\n${extra}`,
  );
  return `v=0\r\no=SRS 0 0 IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\n${media.join('')}`;
}

interface Sent {
  header(name: string): string | undefined;
  readonly body: string;
}

/** The session description in a message of ours. */
export function sdpIn(message: Sent): string | undefined {
  return sdpOf(partsIn(message));
}

/** The m-lines of a message of ours: `audio 40000 8 101 sendonly 1`. */
export function linesIn(message: Sent): string[] {
  const text = sdpIn(message) ?? '';
  return text
    .split('m=')
    .slice(1)
    .map((section) => {
      const [, kind, port, formats] = /^(\S+) (\d+) RTP\/AVP (.*)\r\n/.exec(section) ?? [];
      const direction = /a=(sendonly|inactive|recvonly|sendrecv)/.exec(section)?.[1];
      const label = /a=label:(\S+)/.exec(section)?.[1];
      return `${kind} ${port} ${formats} ${direction} ${label}`;
    });
}

/** The o= version in a message of ours. */
export function versionIn(message: Sent): number {
  return Number(/^o=\S+ \S+ (\d+) /m.exec(sdpIn(message) ?? '')?.[1]);
}

/** The metadata document in a message of ours, as text. */
export function documentIn(message: Sent): string | undefined {
  return metadataOf(partsIn(message));
}

/** The metadata in a message of ours. */
export function metadataIn(message: Sent): RecordingMetadata {
  const parsed = parseMetadata(documentIn(message) ?? '');
  if (parsed.kind !== 'recording') throw new Error(JSON.stringify(parsed));
  return parsed.metadata;
}

/** Who is heard where, after these messages: `sip:alice… sends 1 hears 2`. */
export function heardAfter(...messages: readonly Sent[]): string[] {
  let known: RecordingMetadata | undefined;
  for (const message of messages) known = mergeMetadata(known, metadataIn(message));
  return partiesOf(known!).map(
    ({ aors, sends, receives, leftAt }) =>
      `${aors[0]}${leftAt ? ' left' : ''} sends ${sends.join() || '-'} hears ${receives.join() || '-'}`,
  );
}

function partsIn(message: Sent) {
  const parsed = parseBody({ contentType: message.header('content-type') }, message.body);
  if (parsed.kind === 'refused') throw new Error(parsed.problem);
  return parsed.parts;
}
