import { FAULTS, Fault } from '../../core';
import type { Endpoint } from '../plane';
import type { Asked, FromWorker, Order } from './messages';
import type { Relay } from './relay';

/** The worker's end of the message port: takes what control says to the relay, and the answer back. */
export class Desk {
  constructor(
    private readonly relay: Relay,
    private readonly post: (message: FromWorker) => void,
    private readonly onBug: (error: unknown) => void,
  ) {}

  take(message: Order | Asked): void {
    try {
      this.#do(message);
    } catch (error) {
      this.onBug(error);
      if (message.kind !== 'ask') return;
      const { number } = message;
      this.post({ kind: 'refusal', number, code: 'MEDIA_WORKER_LOST', detail: String(error) });
    }
  }

  #do(message: Order | Asked): void {
    switch (message.kind) {
      case 'ask':
        this.#answer(message);
        break;
      case 'expect': {
        const { line, side, remote } = message;
        this.#checked(line, remote, this.relay.expect(line, side, remote));
        break;
      }
      case 'describe':
        this.relay.describe(message.line, message);
        break;
      case 'secure':
        this.relay.secure(message.line, message.side, message.security);
        break;
      case 'digits':
        this.relay.listenForDigits(message.line, message.side, message.listening);
        break;
      case 'start': {
        const { fork, remote, srtp } = message;
        this.#checked(fork, remote, this.relay.start(fork, remote, srtp));
        break;
      }
      case 'take-forks':
        this.relay.takeForks(message.line, message.from);
        break;
      case 'keep':
        this.relay.keep(message.fork);
        break;
      case 'resume':
        this.relay.resume(message.fork);
        break;
      case 'stop':
        this.relay.stop(message.line, message.playback);
        break;
    }
  }

  /** Answers once, now or when the system has opened the ports. */
  #answer({ number, name, body }: Asked): void {
    const { relay } = this;
    const answer = (result: unknown): void => {
      if (result instanceof Fault) {
        const detail = result.message.slice(FAULTS[result.code].says.length + 2);
        this.post({ kind: 'refusal', number, code: result.code, detail });
      } else {
        this.post({ kind: 'answer', number, body: result });
      }
    };
    switch (name) {
      case 'open':
        relay.open(body, answer);
        break;
      case 'fork':
        relay.fork(body, answer);
        break;
      case 'play':
        relay.play(body, answer);
        break;
      case 'pause':
        relay.pause(body.fork, () => answer(undefined));
        break;
      case 'lineStats':
        answer(relay.lineStats(body.line));
        break;
      case 'forkStats':
        answer(relay.forkStats(body.fork));
        break;
      case 'closeLine':
        answer(relay.closeLine(body.line));
        break;
      case 'closeFork':
        answer(relay.closeFork(body.fork));
        break;
      case 'usage':
        answer(relay.usage());
        break;
    }
  }

  #checked(id: string, remote: Endpoint | undefined, reachable: boolean): void {
    if (reachable || !remote) return;
    const callId = this.relay.callOf(id) ?? '';
    this.post({ kind: 'unreachable', callId, address: remote.address });
  }
}
