import type { Dialog, IncomingInvite } from '../../../src/ua';
import { Party } from '../b2bua/party';
import { Handset, PCMU } from './handset';

const CONTACT = { Contact: '<sip:srs@localhost>;+sip.srs' };

/** A recorder that takes a session when it is told to, and keeps every packet of its two streams. */
export class ScriptedRecorder {
  private constructor(
    private readonly party: Party,
    /** In the order of the m-lines. */
    readonly ears: readonly Handset[],
  ) {}

  static async open(): Promise<ScriptedRecorder> {
    const [party, ...ears] = await Promise.all([
      Party.open(),
      Handset.open(PCMU),
      Handset.open(PCMU),
    ]);
    return new ScriptedRecorder(party, ears);
  }

  get uri(): string {
    return `${this.party.place.replace('sip:', 'sip:srs@')};transport=udp`;
  }

  /** The next session that it is asked to take. */
  nextCall(): Promise<IncomingInvite> {
    return this.party.nextCall();
  }

  /** Takes a session, and whatever is offered in it from then on. */
  async accept(invite: IncomingInvite): Promise<Dialog> {
    const dialog = await invite.accept({ body: this.#answer(invite.body), headers: CONTACT });
    dialog.onReinvite = (request) =>
      void request.respond(200, { body: this.#answer(request.body), headers: CONTACT });
    dialog.onUpdate = (request) => void request.respond(200);
    return dialog;
  }

  async close(): Promise<void> {
    for (const ear of this.ears) ear.close();
    await this.party.close();
  }

  /** `message` has the description among other parts. */
  #answer(message: string): string {
    const offered = [...message.matchAll(/^a=(sendonly|inactive)\r?$/gm)].map(([, one]) => one);
    return ['v=0', 'o=srs 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
      .concat(
        this.ears.flatMap(({ port }, i) => [
          `m=audio ${port} RTP/AVP 0`,
          offered[i] === 'inactive' ? 'a=inactive' : 'a=recvonly',
        ]),
      )
      .concat('')
      .join('\r\n');
  }
}
