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
  const received: Array<string | Buffer> = [];
  const socket = new LoopSocket();
  const receive = (payload: string | Buffer) => received.push(payload);
  socket.join({ receive, broken: () => {}, closed: () => {} } as unknown as Session);
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

  it('gives who listens to payloads the same as fields and text, and no bytes', async () => {
    const { socket } = loop();
    const heard: unknown[] = [];
    socket.on('data', () => heard.push('bytes'));
    socket.on('payload', (fields, text) => heard.push([fields, text()]));
    socket.deliver({ fields: ['a', 'b'] });
    socket.deliver({ fields: ['c'], message: MESSAGE });
    socket.deliver({ fields: ['d'], message: Buffer.from(OPTIONS, 'utf8') });
    await turn();
    expect(heard).toEqual([
      [['a', 'b'], ''],
      [['c'], OPTIONS],
      [['d'], OPTIONS],
    ]);
  });

  it('takes payloads as text until it is destroyed', () => {
    const { socket, received } = loop();
    socket.takePayload('1|ping');
    socket.destroy();
    socket.takePayload('2|ping');
    expect(received).toEqual(['1|ping']);
  });
});
