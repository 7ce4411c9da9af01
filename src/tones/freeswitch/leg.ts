import { EventEmitter } from 'node:events';
import type { Clock, Millis } from '../../core';
import type { Dialog, SipAgent } from '../../ua';

/** FreeSWITCH answers at once or not at all. */
const ANSWER_WITHIN_MS: Millis = 5_000;

/** A call to FreeSWITCH, in the shape in which drachtio-fsmrf keeps a dialog of drachtio-srf. */
export class Leg extends EventEmitter {
  readonly remote: { readonly sdp: string };

  constructor(
    private readonly dialog: Dialog,
    sdp: string,
  ) {
    super();
    this.remote = { sdp };
    dialog.onEnd = () => this.emit('destroy');
  }

  /** Ends it, whoever may have ended it before. Never rejects. */
  destroy(): Promise<void> {
    return this.dialog.bye();
  }
}

/**
 * What drachtio-fsmrf asks of drachtio-srf, done by the SIP face of the house: so the call to FreeSWITCH
 * goes through whichever engine serves the calls.
 */
export function placerOver(agent: SipAgent, clock: Clock) {
  return {
    async createUAC(
      uri: string,
      { headers, localSdp }: { headers: Record<string, string>; localSdp: string },
    ): Promise<Leg> {
      const invite = agent.invite({ uri, headers, body: localSdp });
      const patience = clock.after(ANSWER_WITHIN_MS, () => invite.cancel());
      const final = await invite.final;
      patience();
      if (final.kind === 'rejected') {
        const { status, reason } = final.response;
        throw new Error(`it answers ${status} ${reason}`);
      }
      const leg = new Leg(final.dialog, final.response.body);
      final.ack();
      return leg;
    },
  };
}
