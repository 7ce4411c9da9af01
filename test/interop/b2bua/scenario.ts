/**
 * SIPp scenarios, written as the steps of one party. Each step is a piece of SIPp's XML; values in
 * brackets are SIPp's own keywords.
 */
export type Step = string;

export function scenario(...steps: Step[]): string {
  return [
    '<?xml version="1.0" encoding="ISO-8859-1" ?>',
    '<!DOCTYPE scenario SYSTEM "sipp.dtd">',
    '<scenario name="party">',
    // SIPp names a branch by how many steps ago it was used: the call itself is step 0.
    ...steps.map((step, index) => step.replace('[branch-of-the-call]', `[branch-${index}]`)),
    '</scenario>',
  ].join('\n');
}

export interface Expectation {
  readonly optional?: boolean;
  /** Regular expressions that must be found in the whole message. */
  readonly has?: readonly string[];
  readonly lacks?: readonly string[];
  /** Stores what a regular expression finds, as [$name]. */
  readonly store?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

let checks = 0;

function actions(expected: Expectation): string {
  const { has = [], lacks = [], store = {} } = expected;
  const lines = [
    ...Object.entries(store).map(([name, regexp]) => ereg(regexp, 'false', name)),
    ...has.map((regexp) => ereg(regexp, 'true', `check${++checks}`)),
    ...lacks.map((regexp) => ereg(regexp, 'inverse', `check${++checks}`)),
  ];
  return lines.length === 0 ? '' : `<action>${lines.join('')}</action>`;
}

function ereg(regexp: string, check: 'true' | 'false' | 'inverse', name: string): string {
  const how = check === 'inverse' ? 'check_it_inverse="true"' : `check_it="${check}"`;
  // Every variable must be used twice, or SIPp refuses the scenario: the log is the second time.
  return `<ereg regexp="${escaped(regexp)}" search_in="msg" ${how} assign_to="${name}"/><log message="${name} [$${name}]"/>`;
}

export function expectRequest(method: string, expected: Expectation = {}): Step {
  const optional = expected.optional ? ' optional="true"' : '';
  const timeout = expected.timeoutMs ? ` timeout="${expected.timeoutMs}"` : '';
  return `<recv request="${method}"${optional}${timeout} rrs="true">${actions(expected)}</recv>`;
}

export function expectResponse(status: number, expected: Expectation = {}): Step {
  const optional = expected.optional ? ' optional="true"' : '';
  const timeout = expected.timeoutMs ? ` timeout="${expected.timeoutMs}"` : '';
  // The route set and the remote target are the 2xx's; a 100 has neither.
  const route = status > 100 && status < 300 ? ' rrs="true"' : '';
  return `<recv response="${status}"${optional}${timeout}${route}>${actions(expected)}</recv>`;
}

export function pause(ms: number): Step {
  return `<pause milliseconds="${ms}"/>`;
}

export interface Content {
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly type?: string;
}

function message(lines: readonly string[], { headers = [], body = '', type }: Content): Step {
  const contentType = body === '' ? [] : [`Content-Type: ${type ?? 'application/sdp'}`];
  const head = [...lines, ...headers, ...contentType, 'Content-Length: [len]'];
  return `<send><![CDATA[\n\n${[...head, '', body].join('\n')}\n]]></send>`;
}

/** A request that opens a call. */
export function call(content: Content & { readonly to?: string } = {}): Step {
  return message(
    [
      `INVITE sip:${content.to ?? '[service]'}@[remote_ip]:[remote_port] SIP/2.0`,
      'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
      'From: "Alice" <sip:alice@[local_ip]:[local_port]>;tag=[call_number]a',
      `To: <sip:${content.to ?? '[service]'}@[remote_ip]:[remote_port]>`,
      'Call-ID: [call_id]',
      'CSeq: 1 INVITE',
      'Contact: <sip:alice@[local_ip]:[local_port];transport=[transport]>',
      'Max-Forwards: 70',
    ],
    content,
  );
}

/** A request of the caller inside the call; `cseq` counts from 2. */
export function callerSends(method: string, cseq: number, content: Content = {}): Step {
  return message(
    [
      `${method} [next_url] SIP/2.0`,
      'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
      'From: "Alice" <sip:alice@[local_ip]:[local_port]>;tag=[call_number]a',
      'To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]',
      'Call-ID: [call_id]',
      `CSeq: ${cseq} ${method}`,
      'Contact: <sip:alice@[local_ip]:[local_port];transport=[transport]>',
      'Max-Forwards: 70',
    ],
    content,
  );
}

/** CANCEL and the ACK to a failure repeat the request's URI and branch. */
export function callerCancels(content: Content = {}): Step {
  return sameBranch('CANCEL', content);
}

export function callerAcksFailure(): Step {
  return sameBranch('ACK', {}, '[peer_tag_param]');
}

function sameBranch(method: string, content: Content, tag = ''): Step {
  return message(
    [
      `${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0`,
      'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch-of-the-call]',
      'From: "Alice" <sip:alice@[local_ip]:[local_port]>;tag=[call_number]a',
      `To: <sip:[service]@[remote_ip]:[remote_port]>${tag}`,
      'Call-ID: [call_id]',
      `CSeq: 1 ${method}`,
      'Max-Forwards: 70',
    ],
    content,
  );
}

/** Waits for the call, and keeps what is needed to send requests inside it. */
export function awaitCall(expected: Expectation = {}): Step {
  const { has = [], lacks = [] } = expected;
  const keep = [
    '<ereg regexp="&lt;?sip:[^;&gt;]*.*tag=.*" search_in="hdr" header="From:" assign_to="remote"/>',
    '<ereg regexp="&lt;?sip:.*" search_in="hdr" header="To:" assign_to="local"/>',
    '<ereg regexp="sip:[^&gt;]*" search_in="hdr" header="Contact:" assign_to="contact"/>',
    '<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>',
    '<ereg regexp="SIP.*" search_in="hdr" header="Via:" assign_to="via"/>',
    '<log message="kept [$remote] [$local] [$contact] [$cseq] [$via]"/>',
  ].join('');
  const checksOnly = actions({ has, lacks });
  const inner = checksOnly.replace(/^<action>|<\/action>$/g, '');
  return `<recv request="INVITE" rrs="true"><action>${keep}${inner}</action></recv>`;
}

/** The callee's response to the last request; its tag is added where it is missing. */
export function respond(status: number, reason: string, content: Content = {}): Step {
  return message(
    [
      `SIP/2.0 ${status} ${reason}`,
      '[last_Via:]',
      '[last_From:]',
      '[last_To:];tag=[call_number]b',
      '[last_Call-ID:]',
      '[last_CSeq:]',
      'Contact: <sip:bob@[local_ip]:[local_port];transport=[transport]>',
    ],
    content,
  );
}

/** The callee's final response to the call, right after the CANCEL was received. */
export function respondAfterCancel(status: number, reason: string, content: Content = {}): Step {
  return message(
    [
      `SIP/2.0 ${status} ${reason}`,
      '[last_Via:]',
      '[last_From:]',
      '[last_To:];tag=[call_number]b',
      '[last_Call-ID:]',
      'CSeq: [$cseq] INVITE',
      'Contact: <sip:bob@[local_ip]:[local_port];transport=[transport]>',
    ],
    content,
  );
}

/** A response to a request inside the call, by either party. */
export function respondInside(status: number, reason: string, content: Content = {}): Step {
  return message(
    [
      `SIP/2.0 ${status} ${reason}`,
      '[last_Via:]',
      '[last_From:]',
      '[last_To:]',
      '[last_Call-ID:]',
      '[last_CSeq:]',
      'Contact: <sip:party@[local_ip]:[local_port];transport=[transport]>',
    ],
    content,
  );
}

/** A request of the callee inside the call. */
export function calleeSends(method: string, cseq: number, content: Content = {}): Step {
  return message(
    [
      `${method} [$contact] SIP/2.0`,
      'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
      'From: [$local];tag=[call_number]b',
      'To: [$remote]',
      'Call-ID: [call_id]',
      `CSeq: ${cseq} ${method}`,
      'Contact: <sip:bob@[local_ip]:[local_port];transport=[transport]>',
      'Max-Forwards: 70',
    ],
    content,
  );
}

/** By INFO, as a callee with CSeq `cseq`: that it has come so far. */
export function tells(cseq: number): Step[] {
  return [calleeSends('INFO', cseq), expectResponse(200)];
}

/** The caller goes on when the callee `tells`. */
export function heardOf(): Step[] {
  return [expectRequest('INFO'), respondInside(200, 'OK')];
}

/** A description of one audio line, or of what `lines` say. */
export function sdp(
  options: { direction?: string; version?: number; lines?: string[] } = {},
): string {
  const { direction = 'sendrecv', version = 1, lines } = options;
  return [
    'v=0',
    `o=party 4711 ${version} IN IP[local_ip_type] [local_ip]`,
    's=-',
    'c=IN IP[media_ip_type] [media_ip]',
    't=0 0',
    ...(lines ?? ['m=audio [media_port] RTP/AVP 0', 'a=rtpmap:0 PCMU/8000', `a=${direction}`]),
  ].join('\n');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
