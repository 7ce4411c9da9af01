/**
 * Steps of SIPp scenarios for many calls a second: requests are repeated when they go unanswered, and
 * nothing is checked or kept that the next message does not need.
 */
export type Step = string;

export interface Content {
  readonly body?: string;
}

export function scenario(...steps: Step[]): string {
  return [
    '<?xml version="1.0" encoding="ISO-8859-1" ?>',
    '<!DOCTYPE scenario SYSTEM "sipp.dtd">',
    '<scenario name="bench">',
    ...steps,
    '</scenario>',
  ].join('\n');
}

export function message(
  lines: readonly string[],
  { body = '' }: Content,
  repeated: boolean,
  next?: number,
): Step {
  const type = body === '' ? [] : ['Content-Type: application/sdp'];
  const text = [...lines, ...type, 'Content-Length: [len]', '', body].join('\n');
  const attributes = `${repeated ? ' retrans="500"' : ''}${next ? ` next="${next}"` : ''}`;
  return `<send${attributes}><![CDATA[\n\n${text}\n]]></send>`;
}

export function awaitCall(): Step {
  return '<recv request="INVITE" rrs="true"/>';
}

/** To the INVITE that opened the call. */
export function respond(status: string, content: Content = {}): Step {
  return response(status, ';tag=[call_number]b', content, status.startsWith('2'));
}

export function respondInside(status: string, content: Content = {}, next?: number): Step {
  return response(status, '', content, content.body !== undefined, next);
}

function response(
  status: string,
  tag: string,
  content: Content,
  repeated: boolean,
  next?: number,
): Step {
  const lines = [
    `SIP/2.0 ${status}`,
    '[last_Via:]',
    '[last_From:]',
    `[last_To:]${tag}`,
    '[last_Call-ID:]',
    '[last_CSeq:]',
    'Contact: <sip:party@[local_ip]:[local_port];transport=[transport]>',
    'Allow: INVITE, ACK, CANCEL, BYE, UPDATE',
  ];
  return message(lines, content, repeated, next);
}
