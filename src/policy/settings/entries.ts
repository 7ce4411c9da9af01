import { normaliseNumber } from '../identity';
import { RECORDING_MODES } from '../recording/modes';
import { choice, type Field, type FieldValue, flag, line, list, whole } from './field';

/** In place of a prompt's name: the one that comes with the product, in the language chosen. */
export const SHIPPED_PROMPT = 'shipped';

/** In place of a feature code: there is none. */
export const NO_CODE = 'off';

const prompt = (when: string) =>
  line(64, `Name of the prompt that parties hear ${when}, or ${SHIPPED_PROMPT}.`);

const code = (what: string) =>
  line(8, `What a user dials in a call to ${what}, or ${NO_CODE}.`, {
    wants: `2 to 8 of 0-9, * and #, or ${NO_CODE}`,
    read: (text) => (/^[0-9*#]{2,8}$/.test(text) || text === NO_CODE ? text : undefined),
  });

/** What location and user take from above where they set nothing themselves. */
export const SETTINGS = {
  mode: choice(RECORDING_MODES, 'When calls are recorded, and what the user may do about it.'),
  recordVoicemail: flag('Whether calls that reach voicemail are recorded.'),
  announceInternal: flag('Whether start and stop are announced on calls within the organization.'),
  announceTrunk: flag('Whether start and stop are announced on calls over a trunk.'),
  pauseNotice: choice(
    ['none', 'beep', 'announcement'],
    'What parties hear when a recording is paused or resumed.',
  ),
  reminderTone: flag('Whether parties hear a tone again and again while they are recorded.'),
  reminderIntervalSeconds: whole(10, 90, 'How far apart these tones are.'),
  autoResumeSeconds: whole(1, 3600, 'After how long a pause ends by itself.', 'never'),
  announceAt: choice(
    ['answer', 'early'],
    'When an announcement to the caller begins: at answer, or before it in early media.',
  ),
  language: choice(['en', 'uk'], 'Language of the shipped prompts.'),
  promptStart: prompt('when a recording starts'),
  promptStop: prompt('when a recording stops in mid-call'),
  promptPause: prompt('when a recording is paused'),
  promptResume: prompt('when a recording is resumed'),
  toneFrequencyHz: whole(300, 3400, 'Frequency of reminder tone and beep.'),
  toneLengthMs: whole(50, 1000, 'Length of reminder tone and beep.'),
  toneLevelDbm0: whole(-40, -3, 'Level of reminder tone and beep.'),
  narrowCodecs: flag(
    'Whether codecs are withheld from a call into which nothing can be announced in them.',
  ),
  codeStart: code('start the recording'),
  codeStop: code('stop it'),
  codePause: code('pause it'),
  codeResume: code('resume it'),
};

/** The settings in force for one user. */
export type EffectiveSettings = {
  readonly [K in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[K]>;
};

export type SettingName = keyof typeof SETTINGS;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** What holds where neither user nor location nor organization says anything. */
export const DEFAULTS: EffectiveSettings = {
  mode: 'never',
  recordVoicemail: false,
  announceInternal: false,
  announceTrunk: false,
  pauseNotice: 'none',
  reminderTone: false,
  reminderIntervalSeconds: 20,
  autoResumeSeconds: 0,
  announceAt: 'answer',
  language: 'en',
  promptStart: SHIPPED_PROMPT,
  promptStop: SHIPPED_PROMPT,
  promptPause: SHIPPED_PROMPT,
  promptResume: SHIPPED_PROMPT,
  toneFrequencyHz: 1400,
  toneLengthMs: 200,
  toneLevelDbm0: -20,
  narrowCodecs: true,
  codeStart: '*44',
  codeStop: '*45',
  codePause: '*48',
  codeResume: '*49',
};

/** Chooses that nobody records. */
export const NO_PROVIDER = 'none';

export const PRESETS = ['dubber', 'imagicle', 'callcabinet', 'embedded', 'custom'] as const;
const DIALECTS = ['rfc7865', 'broadworks'] as const;

export type Preset = (typeof PRESETS)[number];
export type Dialect = (typeof DIALECTS)[number];

/** The dialect that recorders of a preset take, where the entry does not name another. */
export const DIALECT_OF: Readonly<Record<Preset, Dialect>> = {
  dubber: 'broadworks',
  imagicle: 'broadworks',
  callcabinet: 'broadworks',
  embedded: 'rfc7865',
  custom: 'rfc7865',
};

const recorderUri = line(256, 'Where recording sessions are sent.', {
  wants: 'a SIP URI such as sip:rec@192.0.2.1:5060;transport=tcp',
  read: (text) => {
    const parts = RECORDER_URI.exec(text);
    return parts && Number(parts[1] ?? 5060) <= 65_535 && parts[1] !== '0' ? text : undefined;
  },
});
const RECORDER_URI =
  /^sip:(?:[A-Za-z0-9\-_.!~*'()&=+$,]{1,64}@)?(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?(?:;transport=(?:udp|tcp))?$/;

const BY_ACCEPTING = 'accept the terms (accept-terms), and it is written';

/** Lengths of BroadWorks identities: 30 for service provider and group, 161 for a user. */
const PROVIDER = {
  preset: choice(PRESETS, 'The kind of recorder; it cannot be changed afterwards.'),
  endpoint: recorderUri,
  dialect: choice(DIALECTS, 'How metadata is written; left out, as the preset has it.'),
  srtp: choice(
    ['off', 'sdes'],
    'How audio is sent: off (plain RTP), which it is when left out, or sdes (SRTP).',
  ),
  standby: list(
    line(64, 'Provider'),
    8,
    'Providers that follow, best first, when this one does not take a recording or is found gone in mid-call.',
  ),
  accountServiceProvider: line(30, 'Account at the recorder: service provider (customer).'),
  accountGroup: line(30, 'Account at the recorder: group, for users without an external group.'),
  termsAcceptedBy: { ...line(256, 'Who accepted the terms of service.'), readOnly: BY_ACCEPTING },
  termsAcceptedAt: {
    ...line(40, 'When the terms of service were accepted.'),
    readOnly: BY_ACCEPTING,
  },
} as const;

const number = line(40, 'Number', {
  wants: 'a telephone number such as +15550100, or an extension',
  read: (text) => normaliseNumber(text),
});

const ORGANIZATION = {
  name: line(128, 'Name of the organization.'),
  provider: line(64, `Name of the provider that records, or ${NO_PROVIDER}.`),
  voicemailNumbers: list(number, 64, 'Numbers at which voicemail answers.'),
  ...SETTINGS,
};

const LOCATION = {
  provider: line(64, `Another provider than the organization's, or ${NO_PROVIDER}.`),
  ...SETTINGS,
};

const aor = line(256, 'Address of record', {
  wants: 'an address of record such as alice@example.com',
  read: (text) => /^(?:sips?:)?([^\s@:;]+@[A-Za-z0-9.:[\]-]+)$/.exec(text)?.[1],
});

const USER = {
  name: line(128, 'Name for the recording metadata.'),
  location: line(128, "Name of the user's location."),
  numbers: list(
    number,
    16,
    'Telephone numbers and extensions by which the user calls and is called.',
  ),
  aors: list(aor, 16, 'Addresses of record by which the user calls and is called.'),
  serviceProvider: line(30, 'Platform information: service provider.'),
  externalGroup: line(30, 'Platform information: external group.'),
  externalIdentifier: line(161, 'Platform information: external identifier.'),
  ...SETTINGS,
};

const BY_ADDING = 'add the prompt anew';

/** Either text or the rest. */
const PROMPT = {
  text: { ...line(1000, 'Words, spoken by the source of announcements.'), readOnly: BY_ADDING },
  sha256: { ...line(64, 'SHA-256 of the sound as it is kept and played.'), readOnly: BY_ADDING },
  sourceSha256: { ...line(64, 'SHA-256 of the file that was given.'), readOnly: BY_ADDING },
  lengthMs: { ...whole(0, 60_000, 'Length of the sound.'), readOnly: BY_ADDING },
};

/** The external type of every user's platform information. */
export const EXTERNAL_TYPE = 'BroadWorks';

/** The fields of each kind of entry. */
export const FIELDS = {
  organization: ORGANIZATION,
  provider: PROVIDER,
  prompt: PROMPT,
  location: LOCATION,
  user: USER,
};

export type Kind = keyof typeof FIELDS;
export const KINDS = Object.keys(FIELDS) as Kind[];

type ValueOf<F> = F extends Field<infer T> ? T : never;
type ValuesOf<T> = { readonly [K in keyof T]?: ValueOf<T[K]> };

/** What an entry of each kind sets. What is absent is inherited, or unknown. */
export type Values<K extends Kind> = ValuesOf<(typeof FIELDS)[K]>;

/** The entry of an organization: there is one. */
export const ORGANIZATION_KEY = 'organization';

/** A named thing of the settings. */
export interface Entry<K extends Kind = Kind> {
  readonly kind: K;
  readonly key: string;
  readonly values: Values<K>;
}

/** The field of a kind by its name; undefined when there is none. */
export function fieldOf(kind: Kind, name: string): Field | undefined {
  const fields: Readonly<Record<string, Field>> = FIELDS[kind];
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Each field of a kind with its value, set or not, in the order people read them. */
export function valuesInOrder(entry: Entry): [name: string, value: FieldValue | undefined][] {
  const values: Readonly<Record<string, FieldValue | undefined>> = entry.values;
  return Object.keys(FIELDS[entry.kind]).map((name) => [name, values[name]]);
}

/** `organization`, `location Kyiv`, `user alice`. */
export function entryName(kind: Kind, key: string): string {
  return kind === 'organization' ? kind : `${kind} ${key}`;
}
