import { randomIds, SystemClock, silentLog } from '../../../src/core';
import {
  createRtpenginePlane,
  type MediaLine,
  type RtpengineOptions,
  type RtpenginePlane,
} from '../../../src/media';
import { Rtpengine, type RtpengineStart } from '../../support/rtpengine';
import type { Party } from '../support/party';
import { PlaneStage } from '../support/plane-stage';

export const BIND = { a: '127.0.0.1', b: '127.0.0.1' };

/** Real rtpengines, with the plane's events and parties; all of them are closed with it. */
export class Stage extends PlaneStage<RtpenginePlane> {
  private constructor(
    plane: RtpenginePlane,
    readonly daemons: readonly Rtpengine[],
  ) {
    super(plane);
  }

  static async open(
    options: Partial<RtpengineOptions> = {},
    daemons: readonly RtpengineStart[] = [{}],
  ): Promise<Stage> {
    const running = await Promise.all(daemons.map((one) => Rtpengine.start(one)));
    const plane = await createRtpenginePlane({
      nodes: running.map(({ port }) => ({ host: '127.0.0.1', port })),
      timeoutMs: 5_000,
      pingMs: 200,
      lostAfterMs: 60_000,
      rtpTimeoutMs: 60_000,
      tonesReplaceSpeech: false,
      clock: new SystemClock(),
      ids: randomIds,
      log: silentLog,
      ...options,
    });
    return new Stage(plane, running);
  }

  /** A line between two parties, and rtpengine knows where both are. */
  async call(callId = 'call'): Promise<{ line: MediaLine; caller: Party; callee: Party }> {
    const [caller, callee] = [await this.party(), await this.party({ ssrc: 0x4321dcba })];
    const line = await this.plane.open({ callId, bind: BIND, clockRates: { 0: 8000 } });
    await Promise.all([line.expect('a', caller.endpoint), line.expect('b', callee.endpoint)]);
    return { line, caller, callee };
  }

  override async close(): Promise<void> {
    await super.close();
    await Promise.all(this.daemons.map((daemon) => daemon.kill()));
  }
}

/** Waits until something holds, and says what did not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
