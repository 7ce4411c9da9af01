import type { Party } from '../../siprec';
import type { IncomingInvite } from '../../ua';
import { splitList } from '../../ua';
import type { LineReport } from '../intake/messages';
import type { CodecFacts, ParticipantFacts, SipFacts, StreamFacts } from '../recording';

/** Headers that tie a recording to a call, or say where it came from. */
const KEPT_HEADERS = [
  'Session-ID',
  'User-to-User',
  'Cisco-Guid',
  'X-BroadWorks-Correlation-Info',
  'X-Cisco-Recording-Participant',
  'X-Genesys-Interaction-ID',
  'X-Call-ID',
  'P-Asserted-Identity',
];

export function sipFacts(invite: IncomingInvite): SipFacts {
  const { protocol, address, port } = invite.source;
  const userAgent = invite.header('user-agent');
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = invite.header(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    callId: invite.callId,
    from: invite.header('from') ?? '',
    to: invite.header('to') ?? '',
    requestUri: invite.uri,
    source: `${protocol}/${address.includes(':') ? `[${address}]` : address}:${port}`,
    ...(userAgent !== undefined && { userAgent }),
    headers: Object.fromEntries(headers),
  };
}

/** What is told of a stream: the line as negotiated, and what came on it. */
export function streamFacts(report: LineReport, shared: boolean): StreamFacts {
  const { label, firstPacketAt, offsetMs, aligned } = report;
  return {
    ...(label !== undefined && { label }),
    line: report.line,
    channel: report.channel + 1,
    shared,
    codecs: report.formats.map((format): CodecFacts => ({ ...format })),
    ssrcs: report.ssrcs.map((ssrc) => ssrc.toString(16).padStart(8, '0')),
    packets: report.packets,
    octets: report.octets,
    lost: report.lost,
    duplicates: report.duplicates,
    reordered: report.reordered,
    late: report.late,
    jitterMs: report.jitterMs,
    strangers: report.strangers,
    malformed: report.malformed,
    unauthentic: report.unauthentic,
    replayed: report.replayed,
    whilePaused: report.whilePaused,
    ...(firstPacketAt !== undefined && { firstPacketAt: new Date(firstPacketAt).toISOString() }),
    ...(offsetMs !== undefined && { offsetMs }),
    ...(aligned && { alignedBy: aligned }),
    slippedMs: report.slippedMs,
  };
}

export function participantFacts(
  party: Party,
  channelOf: (label: string) => number | undefined,
): ParticipantFacts {
  const { participantId, aors, name, sends, joinedAt, leftAt } = party;
  const channels = sends.map(channelOf).filter((channel) => channel !== undefined);
  return {
    id: participantId,
    aors,
    ...(name !== undefined && { name }),
    labels: sends,
    channels: [...new Set(channels)].map((channel) => channel + 1),
    ...(joinedAt && { joinedAt: joinedAt.toISOString() }),
    ...(leftAt && { leftAt: leftAt.toISOString() }),
  };
}

/**
 * Cisco's network-based recording has no metadata: a header names the party of each m-line, as in
 * `sip:alice@host;media-index="0 1"`.
 */
export function participantsOfHeader(
  header: string | undefined,
  channelOfLine: (line: number) => number | undefined,
): ParticipantFacts[] {
  return splitList(header ?? '').map((value) => {
    const aor = /^<?([^;>\s]+)/.exec(value)?.[1] ?? value;
    const lines = /media-index="?([\d\s]*)/i.exec(value)?.[1]?.match(/\d+/g) ?? [];
    const channels = lines.map((line) => channelOfLine(Number(line)));
    return {
      id: aor,
      aors: [aor],
      labels: [],
      channels: channels.filter((channel) => channel !== undefined).map((channel) => channel + 1),
    };
  });
}
