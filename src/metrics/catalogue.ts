import { FAULTS, type FaultCode } from '../core';

/** A metric as it is exposed; docs/metrics.md tells each, and a test holds the two together. */
export interface Definition<Label extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /**
   * Every value each label can have: what a label may hold is known before the first call. Where the
   * configuration says it, one value that says where.
   */
  readonly labels: Readonly<Record<Label, readonly string[]>>;
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}

/** How a call ended, by what the caller saw first: answered, or the class of the final failure. */
export const CALL_CLASSES = ['answered', 'cancelled', '3xx', '4xx', '5xx', '6xx'] as const;
export type CallClass = (typeof CALL_CLASSES)[number];

/** Who ended a call; the words are those of call detail records. */
const ENDERS = ['caller', 'callee', 'us'] as const;
export type Ender = (typeof ENDERS)[number];

/** How much of what was to be recorded is. The words are those of call detail records. */
const RECORDED = ['fully', 'partly', 'not'] as const;
export type Recorded = (typeof RECORDED)[number];

/** How a recorder stood to a recording session that was offered to it. */
const SESSION_ENDS = ['kept', 'refused', 'unreachable', 'vanished', 'other'] as const;
export type SessionEnd = (typeof SESSION_ENDS)[number];

export const FAULT_CODES = Object.keys(FAULTS) as FaultCode[];
const STATUS_CLASSES = ['2xx', '3xx', '4xx', '5xx'];
const RECORDERS = ['a provider, embedded, or the URI of a recorder'];
const NODES = ['an address of media.rtpengine.nodes'];
const SECONDS_OF_SIGNALLING = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const counter = <Label extends string = never>(
  name: string,
  help: string,
  labels = {} as Readonly<Record<Label, readonly string[]>>,
): Definition<Label> => ({ name: `twintrack_${name}`, help, kind: 'counter', labels });

const gauge = <Label extends string = never>(
  name: string,
  help: string,
  labels = {} as Readonly<Record<Label, readonly string[]>>,
): Definition<Label> => ({ name: `twintrack_${name}`, help, kind: 'gauge', labels });

const histogram = (name: string, help: string, buckets: readonly number[]): Definition<never> => ({
  name: `twintrack_${name}`,
  help,
  kind: 'histogram',
  labels: {},
  buckets,
});

/** Every metric of ours, in the order of the page. */
export const CATALOGUE = {
  callsActive: gauge('calls_active', 'Calls now, from the moment they have a route to their end.'),
  callsAttempted: counter('calls_attempted_total', 'Calls that got as far as a route.'),
  callsAnswered: counter('calls_answered_total', 'Calls that were answered.'),
  callsEnded: counter('calls_ended_total', 'Calls that ended, by how and by whom.', {
    class: CALL_CLASSES,
    by: ENDERS,
  }),
  callFaults: counter('call_faults_total', 'Calls that a failure of ours ended.', {
    fault: FAULT_CODES,
  }),
  refusals: counter('refused_requests_total', 'Requests turned away before they became calls.', {
    fault: FAULT_CODES,
  }),
  postDialDelay: histogram(
    'call_post_dial_delay_seconds',
    'From the INVITE of the caller to the first provisional or final answer of a callee.',
    SECONDS_OF_SIGNALLING,
  ),
  callDuration: histogram(
    'call_duration_seconds',
    'From answer to the end, of answered calls.',
    [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200],
  ),
  recordingsActive: gauge(
    'recordings_active',
    'Recording sessions that a recorder has accepted, now.',
  ),
  recordings: counter('recordings_total', 'Recordings that ended, by how much is recorded.', {
    recorded: RECORDED,
  }),
  recordingFaults: counter('recording_faults_total', 'Why recordings are partly there or not.', {
    fault: FAULT_CODES,
  }),
  recordingSetup: histogram(
    'recording_setup_seconds',
    'From the answer of the call to the answer of its recorder.',
    SECONDS_OF_SIGNALLING,
  ),
  recorderSessions: counter(
    'recorder_sessions_total',
    'Recording sessions that a recorder was asked for, by what it did with them.',
    { recorder: RECORDERS, end: SESSION_ENDS },
  ),
  mediaLines: gauge(
    'media_lines',
    'Relayed lines now: one for each audio or video stream of a call.',
  ),
  mediaForks: gauge('media_forks', 'Copies towards recorders now: one for each recorded party.'),
  mediaPorts: gauge('media_ports', 'UDP ports taken, by what for.', {
    state: ['in_use', 'quarantined'],
  }),
  packetsRelayed: counter('media_packets_relayed_total', 'RTP packets sent on to the other party.'),
  packetsForked: counter('media_packets_forked_total', 'RTP packets sent to recorders.'),
  kernelDrops: gauge(
    'media_kernel_drops',
    'Datagrams that the kernel dropped at full buffers of the sockets now open that are read.',
  ),
  workers: gauge('media_workers', 'Media workers that run now.'),
  workersLost: counter(
    'media_workers_lost_total',
    'Media workers that died, each with the calls it carried.',
  ),
  nodeUp: gauge('media_node_up', '1 while the rtpengine answers and gets new calls, else 0.', {
    node: NODES,
  }),
  nodeLines: gauge('media_node_lines', 'Relayed lines that the rtpengine carries now.', {
    node: NODES,
  }),
  transactions: gauge('sip_transactions', 'SIP transactions now.', { role: ['client', 'server'] }),
  dialogs: gauge('sip_dialogs', 'SIP dialogs now.'),
  messages: counter('sip_messages_total', 'SIP messages.', { direction: ['in', 'out'] }),
  retransmissions: counter('sip_retransmissions_total', 'SIP messages sent or received again.', {
    direction: ['in', 'out'],
  }),
  malformed: counter('sip_malformed_total', 'Received bytes that were no SIP message.'),
  sendFailures: counter('sip_send_failures_total', 'SIP messages that could not be sent.'),
  connections: gauge('sip_connections', 'TCP connections now.'),
  cdrRecords: counter('cdr_records_total', 'Call detail records.', {
    outcome: ['written', 'lost'],
  }),
  httpRequests: counter('http_requests_total', 'HTTP requests, by class of their status.', {
    class: STATUS_CLASSES,
  }),
  ready: gauge('ready', '1 while calls are taken, 0 while starting, draining or broken.'),
  freeswitch: gauge(
    'freeswitch_connected',
    '1 while the FreeSWITCH that announcements come from is there, 0 while not or where there is to be none.',
  ),
  scrapeErrors: counter('scrape_errors_total', 'Figures that could not be read for a scrape.', {
    source: ['media', 'engine'],
  }),
} as const;
