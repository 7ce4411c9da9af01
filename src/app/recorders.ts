import type { Config, DeepReadonly, RecorderPlace } from '../config';
import { Fault } from '../core';
import type { Entry, SettingsStore } from '../policy';
import type { Recorders } from '../sip';
import {
  type AccountIdentity,
  DIALECTS,
  type RecordingClient,
  type RecordingTarget,
} from '../siprec';

/** Recorders for a user, best first. */
export type RecordingTargets = (
  provider: string | undefined,
) => readonly (RecordingTarget & { readonly provider?: string })[];

/** Where recordings go, by the configuration; nowhere when nobody records, or the embedded recorder does not run. */
function configuredTargets(
  { recorder }: Config,
  embedded: readonly string[] | undefined,
): readonly RecordingTarget[] {
  const { provider, standby } = recorder;
  if (provider.kind === 'none') return [];
  const spoken = {
    ...patience(recorder),
    dialect: DIALECTS[recorder.dialect],
    srtp: recorder.srtp === 'sdes',
  };
  return [provider, ...standby].flatMap((place) => {
    const target = placedTarget(place, embedded);
    return target ? [{ ...target, ...spoken }] : [];
  });
}

function placedTarget(
  place: DeepReadonly<RecorderPlace>,
  embedded: readonly string[] | undefined,
): RecordingTarget | undefined {
  if (place.kind === 'embedded') return embeddedTarget(embedded);
  const { uri } = place.server;
  return { name: uri, uri };
}

/** What holds for every recorder. */
function patience({ answerTimeoutSeconds, checkSeconds }: Config['recorder']) {
  return { answerTimeoutMs: answerTimeoutSeconds * 1000, checkEveryMs: checkSeconds * 1000 };
}

function embeddedTarget(listening: readonly string[] | undefined): RecordingTarget | undefined {
  const place = listening?.find((one) => one.startsWith('tcp/')) ?? listening?.[0];
  if (!place) return undefined;
  const [transport, hostport] = place.split('/');
  const uri = `sip:recorder@${hostport};transport=${transport}`;
  return { name: 'embedded', uri, discards: true };
}

/**
 * Finds the recorders for a provider of the settings, or without a name those of the configuration, as they stand when a
 * recording starts: settings change while the service runs. Undefined: nobody records.
 */
export function recordingTargets(
  config: Config,
  embedded: readonly string[] | undefined,
  settings: SettingsStore | undefined,
): RecordingTargets | undefined {
  const configured = configuredTargets(config, embedded);
  if (!settings) return configured.length > 0 ? () => configured : undefined;
  return (name) => {
    if (name === undefined) return configured;
    const book = settings.current();
    const chosen = book.get('provider', name);
    return [name, ...(chosen?.values.standby ?? [])].flatMap((provider) => {
      const entry = book.get('provider', provider);
      const uri = entry && placeOf(entry, embedded);
      if (uri === undefined) return [];
      const dialect = DIALECTS[entry?.values.dialect ?? 'rfc7865'];
      const discards = entry?.values.preset === 'embedded';
      const srtp = entry?.values.srtp === 'sdes';
      const common = patience(config.recorder);
      return [{ name: provider, provider, uri, ...common, dialect, srtp, discards }];
    });
  };
}

function placeOf(
  { values }: Entry<'provider'>,
  embedded: readonly string[] | undefined,
): string | undefined {
  return values.preset === 'embedded' ? embeddedTarget(embedded)?.uri : values.endpoint;
}

/**
 * How a provider knows a user of the settings: by the user's platform information, and by the provider's account
 * where that has none. Undefined when neither says anything.
 */
export function accountOf(
  settings: SettingsStore | undefined,
  user: string,
  provider: string | undefined,
): AccountIdentity | undefined {
  const book = settings?.current();
  const person = book?.get('user', user)?.values;
  const customer = provider === undefined ? undefined : book?.get('provider', provider)?.values;
  const serviceProvider = person?.serviceProvider ?? customer?.accountServiceProvider;
  const externalGroup = person?.externalGroup ?? customer?.accountGroup;
  const externalIdentifier = person?.externalIdentifier;
  const account: AccountIdentity = {
    ...(serviceProvider !== undefined && { serviceProvider }),
    ...(externalGroup !== undefined && { externalGroup }),
    ...(externalIdentifier !== undefined && { externalIdentifier }),
  };
  return Object.keys(account).length > 0 ? account : undefined;
}

/** Starts each recording at the recorders of its user, under the user's account at each. */
export function recordersFor(
  targets: RecordingTargets | undefined,
  client: RecordingClient,
  settings: SettingsStore | undefined,
  plane: Config['media']['plane'] = 'relay',
): Recorders | undefined {
  return (
    targets && {
      start: (request, { id, provider }) => {
        const named = targets(provider);
        const [first] = named;
        if (!first) throw new Fault('RECORDER_NOT_CONFIGURED', provider);
        const usable = named.filter(({ srtp }) => !srtp || plane !== 'rtpengine');
        if (usable.length === 0) {
          throw new Fault('RECORDER_NOT_CONFIGURED', `${first.name} by SRTP, over rtpengine`);
        }
        if (request.provisional && !usable.some(({ discards }) => discards)) {
          throw new Fault('RECORDER_NOT_CONFIGURED', `${first.name} cannot delete a recording`);
        }
        const recorders = usable.map(({ provider: at, ...target }) => {
          const account = accountOf(settings, id, at);
          return { ...target, ...(account && { account }) };
        });
        return client.record(recorders, request);
      },
      discards: ({ provider }) => targets(provider)[0]?.discards ?? false,
    }
  );
}
