/**
 * The least a recording B2BUA on drachtio-srf can be: three legs, bodies passed as they are, no media and
 * no metadata. Its callee and its recorder are told by argument, as `host:port`.
 */
import Srf from 'drachtio-srf';

/** What is used of the library, which is typed for other uses than these. */
interface Leg {
  on(event: 'destroy', listener: () => void): void;
  destroy(): Promise<unknown>;
}
interface BareSrf {
  connect(options: { host: string; port: number; secret: string }): void;
  on(event: 'connect' | 'error', listener: (error: unknown) => void): void;
  invite(handler: (request: { body: string }, response: unknown) => void): void;
  createB2BUA(request: unknown, response: unknown, uri: string): Promise<{ uas: Leg; uac: Leg }>;
  createUAC(uri: string, options: { localSdp: string }): Promise<Leg>;
}

const [admin, secret, callee, recorder] = process.argv.slice(2) as [string, string, string, string];
const srf = new Srf() as unknown as BareSrf;

srf.invite(async (request, response) => {
  try {
    const { uas, uac } = await srf.createB2BUA(request, response, `sip:100@${callee}`);
    const recording = srf.createUAC(`sip:recorder@${recorder}`, { localSdp: request.body });
    const end = (other: Leg): void => {
      void other.destroy();
      recording.then((leg) => leg.destroy()).catch(() => {});
    };
    uas.on('destroy', () => end(uac));
    uac.on('destroy', () => end(uas));
    await recording;
  } catch (error) {
    console.error(String(error));
  }
});
srf.on('error', () => {});
srf.on('connect', () => console.log('ready'));
srf.connect({ host: '127.0.0.1', port: Number(admin), secret });
