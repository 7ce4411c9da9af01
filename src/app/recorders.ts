import type { Config } from '../config';
import { Fault } from '../core';
import type { Entry, SettingsStore } from '../policy';
import type { Recorders } from '../sip';
import {
  type AccountIdentity,
  DIALECTS,
  type RecordingClient,
  type RecordingTarget,
} from '../siprec';

/**
 * Where recordings go, by the configuration. `embedded` says where the embedded recorder listens, if it
 * runs. Undefined: nobody records.
 */
function recordingTarget(
  { recorder }: Config,
  embedded: readonly string[] | undefined,
): RecordingTarget | undefined {
  const spoken = {
    answerTimeoutMs: answerTimeoutMs(recorder),
    dialect: DIALECTS[recorder.dialect],
    srtp: recorder.srtp === 'sdes',
  };
  switch (recorder.provider.kind) {
    case 'none':
      return undefined;
    case 'external': {
      const { uri } = recorder.provider.server;
      return { name: uri, uri, ...spoken };
    }
    case 'embedded': {
      const target = embeddedTarget(embedded);
      return target && { ...target, ...spoken };
    }
  }
}

function answerTimeoutMs(recorder: Config['recorder']): number {
  return recorder.answerTimeoutSeconds * 1000;
}

function embeddedTarget(listening: readonly string[] | undefined): RecordingTarget | undefined {
  const place = listening?.find((one) => one.startsWith('tcp/')) ?? listening?.[0];
  if (!place) return undefined;
  const [transport, hostport] = place.split('/');
  const uri = `sip:recorder@${hostport};transport=${transport}`;
  return { name: 'embedded', uri, discards: true };
}

/** Finds the recorder for a provider of the settings, or without a name that of the configuration. */
export type RecordingTargets = (provider: string | undefined) => RecordingTarget | undefined;

/** Targets as they stand when a recording starts: settings change while the service runs. */
export function recordingTargets(
  config: Config,
  embedded: readonly string[] | undefined,
  settings: SettingsStore | undefined,
): RecordingTargets | undefined {
  const configured = recordingTarget(config, embedded);
  if (!settings) return configured && (() => configured);
  return (name) => {
    if (name === undefined) return configured;
    const provider = settings.current().get('provider', name);
    const uri = provider && placeOf(provider, embedded);
    if (uri === undefined) return undefined;
    const dialect = DIALECTS[provider?.values.dialect ?? 'rfc7865'];
    const discards = provider?.values.preset === 'embedded';
    const answerTimeout = answerTimeoutMs(config.recorder);
    const srtp = provider?.values.srtp === 'sdes';
    return { name, uri, answerTimeoutMs: answerTimeout, dialect, srtp, discards };
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

/** Starts each recording at the recorder of its user, under the user's account there. */
export function recordersFor(
  targets: RecordingTargets | undefined,
  client: RecordingClient,
  settings: SettingsStore | undefined,
  plane: Config['media']['plane'] = 'relay',
): Recorders | undefined {
  return (
    targets && {
      start: (request, { id, provider }) => {
        const target = targets(provider);
        if (!target) throw new Fault('RECORDER_NOT_CONFIGURED', provider);
        if (target.srtp && plane === 'rtpengine') {
          throw new Fault('RECORDER_NOT_CONFIGURED', `${target.name} by SRTP, over rtpengine`);
        }
        if (request.provisional && !target.discards) {
          throw new Fault('RECORDER_NOT_CONFIGURED', `${target.name} cannot delete a recording`);
        }
        const account = accountOf(settings, id, provider);
        return client.record(target, { ...request, ...(account && { account }) });
      },
      discards: ({ provider }) => targets(provider)?.discards ?? false,
    }
  );
}
