import { LoopSocket } from '../../../src/engine/wire/loop-socket';
import type { Session } from '../../../src/engine/wire/session';

const BODY = Buffer.from('її', 'utf8');
const MESSAGE = {
  kind: 'request',
  method: 'OPTIONS',
  uri: 'sip:a@h',
  headers: [{ name: 'Subject', value: 'Ґанок' }],
  body: BODY,
} as const;
const OPTIONS = 'OPTIONS sip:a@h SIP/2.0\r\nSubject: Ґанок\r\nContent-Length: 4\r\n\r\nїї';

function loop() {
  const received: unknown[] = [];
  const socket = new LoopSocket();
  const receive = (payload: string | Buffer) => received.push(payload);
  const receiveMessage = (...frame: unknown[]) => received.push(frame);
  const session = { receive, receiveMessage, broken: () => {}, closed: () => {} };
  socket.join(session as unknown as Session);
  return { socket, received };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the link of an application in this process', () => {
  it('emits frames as bytes, written whole, in order', async () => {
    const { socket } = loop();
    const bytes: string[] = [];
    socket.on('data', (chunk: Buffer) => bytes.push(chunk.toString('utf8')));
    socket.deliver({ fields: ['a', 'b'] });
    socket.deliver({ fields: ['c'], message: MESSAGE });
    await turn();
    expect(bytes).toEqual(['3#a|b', `${Buffer.byteLength(OPTIONS) + 3}#c\r\n${OPTIONS}`]);
  });

  it('gives who listens to payloads the same as fields, message and text, and no bytes', async () => {
    const { socket } = loop();
    const heard: unknown[] = [];
    socket.on('data', () => heard.push('bytes'));
    socket.on('payload', (fields, message, text) => heard.push([fields, message, text()]));
    const bytes = Buffer.from(OPTIONS, 'utf8');
    socket.deliver({ fields: ['a', 'b'] });
    socket.deliver({ fields: ['c'], message: MESSAGE });
    socket.deliver({ fields: ['d'], message: bytes });
    socket.deliver({ fields: ['e'], message: bytes, parsed: MESSAGE });
    await turn();
    const headers = [...MESSAGE.headers, { name: 'Content-Length', value: '4' }];
    expect(heard).toEqual([
      [['a', 'b'], undefined, ''],
      [['c'], { ...MESSAGE, headers }, OPTIONS],
      [['d'], undefined, OPTIONS],
      [['e'], { ...MESSAGE, headers }, OPTIONS],
    ]);
  });

  it('gives headers as they are written: on one line, under names that are words', async () => {
    const { socket } = loop();
    const heard: unknown[] = [];
    socket.on('payload', (_fields, message, text) => heard.push(message.headers, text()));
    const headers = [
      { name: 'Subject', value: 'a\r\nVia: b' },
      { name: 'No Token', value: 'c' },
      { name: 'content-length', value: '1000' },
    ];
    socket.deliver({ fields: ['a'], message: { ...MESSAGE, headers } });
    await turn();
    expect(heard).toEqual([
      [
        { name: 'Subject', value: 'a Via: b' },
        { name: 'Content-Length', value: '4' },
      ],
      'OPTIONS sip:a@h SIP/2.0\r\nSubject: a Via: b\r\nContent-Length: 4\r\n\r\nїї',
    ]);
  });

  it('takes messages in parts until it is destroyed', () => {
    const { socket, received } = loop();
    const start = { kind: 'request', method: 'BYE', uri: 'sip:a@h' } as const;
    const message = { start, headers: { Reason: 'SIP' }, body: '' };
    socket.takeMessage(['1', 'sip', '', 'dialog', ''], message);
    socket.destroy();
    socket.takeMessage(['2', 'sip', '', 'dialog', ''], message);
    expect(received).toEqual([[['1', 'sip', '', 'dialog', ''], message]]);
  });
});
