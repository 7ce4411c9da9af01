/** Debian's rtpengine in userspace, spoken to by its ng protocol in JSON over UDP. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { CallPorts } from './plan';

type Reply = Record<string, unknown> & { result?: string; sdp?: string };

const NG_PORT = 22_523;

/** In userspace, with one thread, as Debian ships it, but for what is asked for. */
export function rtpengineCommand(flags: readonly string[] = []): string[] {
  return [
    'rtpengine',
    '--config-file=none',
    '--foreground',
    '--log-stderr',
    '--log-level=3',
    '--table=-1',
    '--interface=lo/127.0.0.1',
    `--listen-ng=127.0.0.1:${NG_PORT}`,
    '--port-min=30000',
    '--port-max=59999',
    '--num-threads=1',
    ...flags,
  ];
}

export class Ng {
  #number = 0;

  private constructor(private readonly socket: Socket) {}

  static async connect(): Promise<Ng> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const ng = new Ng(socket);
    for (let attempt = 0; ; attempt++) {
      try {
        await ng.ask({ command: 'ping' });
        return ng;
      } catch (error) {
        if (attempt > 10) throw error;
      }
    }
  }

  /** Sends a command, again when no answer comes: rtpengine knows repetitions by their cookie. */
  async ask(command: Record<string, unknown>): Promise<Reply> {
    const cookie = `bench${++this.#number}`;
    const datagram = `${cookie} ${JSON.stringify(command)}`;
    for (let attempt = 0; attempt < 5; attempt++) {
      this.socket.send(datagram, NG_PORT, '127.0.0.1');
      const answer = await this.#answer(cookie);
      if (!answer) continue;
      if (answer.result === 'error') throw new Error(JSON.stringify(answer));
      return answer;
    }
    throw new Error(`no answer to ${String(command.command)}`);
  }

  /** Sets up a recorded call; the ports of rtpengine towards a and towards b. */
  async call(callId: string, ports: CallPorts): Promise<[number, number]> {
    const common = { 'call-id': callId, 'from-tag': 'a' };
    const sdp = (port: number): string =>
      `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n` +
      `m=audio ${port} RTP/AVP 0\r\na=rtcp:${ports.rtcp}\r\n`;
    const offer = await this.ask({ command: 'offer', ...common, sdp: sdp(ports.a) });
    const answer = await this.ask({
      command: 'answer',
      ...common,
      'to-tag': 'b',
      sdp: sdp(ports.b),
    });
    const subscription = await this.ask({
      command: 'subscribe request',
      'call-id': callId,
      flags: ['all', 'siprec'],
    });
    const recorders = [ports.recorderA, ports.recorderB];
    const recorder = String(subscription.sdp)
      .replace(/^m=audio \d+/gm, () => `m=audio ${recorders.shift()}`)
      .replace(/^a=rtcp:\d+.*$/gm, `a=rtcp:${ports.rtcp}`)
      .replace(/sendonly/g, 'recvonly');
    await this.ask({
      command: 'subscribe answer',
      'call-id': callId,
      'to-tag': subscription['to-tag'],
      sdp: recorder,
    });
    // The offer as rewritten goes to b, the answer as rewritten to a.
    return [portOf(answer), portOf(offer)];
  }

  close(): void {
    this.socket.close();
  }

  async #answer(cookie: string): Promise<Reply | undefined> {
    const late = AbortSignal.timeout(250);
    try {
      for (;;) {
        const [bytes] = (await once(this.socket, 'message', { signal: late })) as [Buffer];
        const text = bytes.toString();
        const space = text.indexOf(' ');
        if (text.slice(0, space) === cookie) return JSON.parse(text.slice(space + 1));
      }
    } catch {
      return undefined;
    }
  }
}

function portOf({ sdp }: Reply): number {
  return Number(/^m=audio (\d+)/m.exec(String(sdp))?.[1]);
}
