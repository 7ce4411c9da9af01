import {
  EXTERNAL_TYPE,
  FIELDS,
  type Field,
  KEY_NAME,
  KINDS,
  type Kind,
  SETTINGS,
} from '../../policy';
import { LARGEST_PROMPT } from '../../tones';

/** An OpenAPI 3.1 document: https://spec.openapis.org/oas/v3.1.1. */
export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly security: readonly object[];
}

export interface Operation {
  readonly summary: string;
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

/** The HTTP side described, from the same table of fields that judges what is sent. */
export function openApi(): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {
    '/v1/organization': entryPaths('organization', [], false),
    ...listPaths('providers', 'provider'),
    '/v1/providers/{name}/accept-terms': {
      post: operation(
        'Accept the terms of service of a provider, in your name.',
        [NAME],
        'provider',
      ),
    },
    '/v1/prompts': listPath('prompt'),
    '/v1/prompts/{name}': promptPaths(),
    ...listPaths('locations', 'location'),
    ...listPaths('users', 'user'),
    '/v1/users/{name}/in-force': {
      get: operation('Every setting of a user, and the scope that decides it.', [NAME]),
    },
    '/v1/users.csv': filePaths('text/csv'),
    '/v1/users.yaml': filePaths('application/yaml'),
    '/v1/audit': {
      get: operation('Changes of settings, the newest first.', [
        query('kind', { type: 'string', enum: KINDS }),
        query('name', { type: 'string' }),
        query('before', { type: 'integer', description: 'Only changes older than this id.' }),
        LIMIT,
      ]),
    },
    '/v1/policy/explain': {
      get: operation('Why both sides of a call are recorded or not.', [
        query('from', { type: 'string' }, true),
        query('to', { type: 'string' }, true),
        query('divertedFrom', { type: 'string', description: 'Whom the call was for before.' }),
        query('at', { type: 'string', format: 'date-time' }),
      ]),
    },
    '/v1/calls': {
      get: answered(
        operation(
          'Live calls, each with what is recorded of whom, in which mode and since when.',
          [],
        ),
        { type: 'object', properties: { calls: { type: 'array', items: reference('call') } } },
      ),
    },
    '/v1/calls/{id}/recording': {
      post: {
        ...answered(
          operation('Start, stop, pause or resume the recording of a user in a live call.', [
            { ...NAME, name: 'id' },
          ]),
          COMMANDED,
        ),
        requestBody: {
          required: true,
          content: { 'application/json': { schema: CONTROL } },
        },
      },
    },
    '/v1/recordings': { get: operation('Recordings of the embedded recorder.', [LIMIT]) },
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Twintrack',
      version: '1',
      description:
        'Settings of organization, providers, locations and users; calls and recordings.',
    },
    paths,
    components: {
      schemas: Object.fromEntries([
        ...KINDS.map((kind) => [kind, entrySchema(kind)]),
        ['problems', PROBLEMS],
        ['call', CALL],
        ['recordingState', RECORDING_STATE],
      ]),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'Any user name; the token as password.',
        },
      },
    },
    security: [{ bearer: [] }, { basic: [] }],
  };
}

const NAME = { name: 'name', in: 'path', required: true, schema: { type: 'string' } };
const LIMIT = query('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 100 });

const CONTROL = {
  type: 'object',
  required: ['action'],
  additionalProperties: false,
  properties: {
    action: { type: 'string', enum: ['start', 'stop', 'pause', 'resume'] },
    user: { type: 'string', description: 'May be left out where one alone is recorded.' },
  },
};

const TIME = { type: ['string', 'null'], format: 'date-time' };

const RECORDING_STATE = {
  type: 'object',
  properties: {
    user: { type: 'string' },
    side: { type: 'string', enum: ['caller', 'callee'] },
    mode: { ...SETTINGS.mode.schema, description: 'As it is in force in this call.' },
    state: {
      type: 'string',
      enum: ['off', 'starting', 'recording', 'paused', 'failed', 'ended'],
    },
    since: { ...TIME, description: 'When it came to be so; null while nothing was recorded.' },
    pausedBy: {
      type: ['string', 'null'],
      description: 'How the pause was asked for: api, dtmf, info, recordpref or x-ac-action.',
    },
  },
};

const HEARING = {
  type: 'object',
  description: 'What is played to a party now.',
  properties: {
    listener: { type: 'string', enum: ['caller', 'callee'] },
    announcement: {
      type: ['string', 'null'],
      enum: ['start', 'stop', 'pause', 'resume', null],
      description: 'What is being announced.',
    },
    reminderSeconds: {
      type: ['number', 'null'],
      description: 'Interval of the tone that reminds of the recording.',
    },
  },
};

const CALL = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    state: { type: 'string', enum: ['routing', 'ringing', 'answered', 'ending'] },
    caller: { type: 'string' },
    callee: { type: 'string' },
    startedAt: { type: 'string', format: 'date-time' },
    answeredAt: TIME,
    recordings: { type: 'array', items: reference('recordingState') },
    hearing: { type: 'array', items: HEARING },
  },
};

const COMMANDED = {
  type: 'object',
  properties: {
    result: { type: 'string', enum: ['done', 'already'] },
    recordings: { type: 'array', items: reference('recordingState') },
  },
};

const PROBLEMS = {
  type: 'object',
  properties: {
    error: { type: 'string' },
    problems: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          line: { type: 'integer', description: 'Of an imported file.' },
          entry: { type: 'string' },
          field: { type: 'string' },
          message: { type: 'string', description: 'What is wrong, and what to do.' },
        },
      },
    },
  },
};

function entrySchema(kind: Kind): object {
  const name = KEY_NAME[kind];
  const fields = Object.entries<Field>(FIELDS[kind]).map(([field, { schema, why, readOnly }]) => [
    field,
    { ...schema, description: why, ...(readOnly !== undefined && { readOnly: true }) },
  ]);
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...(name !== undefined && { [name]: { type: 'string', readOnly: true } }),
      ...Object.fromEntries(fields),
      ...(kind === 'user' && { externalType: { const: EXTERNAL_TYPE, readOnly: true } }),
    },
  };
}

function listPaths(path: string, kind: Kind): Record<string, Record<string, Operation>> {
  return {
    [`/v1/${path}`]: listPath(kind),
    [`/v1/${path}/{name}`]: entryPaths(kind, [NAME], true),
  };
}

function listPath(kind: Kind): Record<string, Operation> {
  const parameters = [LIMIT, query('after', { type: 'string' })];
  return { get: operation(`Every ${kind}, by name.`, parameters) };
}

function promptPaths(): Record<string, Operation> {
  const content = {
    'audio/wav': { schema: { type: 'string', format: 'binary', maxLength: LARGEST_PROMPT } },
    'text/plain': { schema: FIELDS.prompt.text.schema },
  };
  const shown = operation('The sound or the words of a prompt.', [NAME]);
  const given = 'Make or change a prompt: WAV of 16-bit PCM, at most 60 s, or words to be spoken.';
  return {
    get: { ...shown, responses: { ...shown.responses, 200: { description: 'Done.', content } } },
    put: {
      ...operation(given, [NAME], 'prompt'),
      requestBody: { required: true, content },
    },
    delete: operation('Remove the prompt; no setting may name it.', [NAME]),
  };
}

function entryPaths(
  kind: Kind,
  parameters: readonly object[],
  removable: boolean,
): Record<string, Operation> {
  const requestBody = {
    required: true,
    content: { 'application/json': { schema: reference(kind) } },
  };
  const put = operation('Set these fields, and unset all others.', parameters, kind);
  const patch = operation('Set these fields; null unsets one.', parameters, kind);
  return {
    get: operation(`What the ${kind} sets.`, parameters, kind),
    put: { ...put, requestBody },
    patch: { ...patch, requestBody },
    ...(removable && { delete: operation(`Remove the ${kind}.`, parameters) }),
  };
}

function filePaths(type: string): Record<string, Operation> {
  const content = { [type]: { schema: { type: 'string' } } };
  const exported = operation('Every user as a file.', []);
  return {
    get: {
      ...exported,
      responses: { ...exported.responses, 200: { description: 'The file.', content } },
    },
    post: {
      ...operation('Make or change every user of a file, or none when a row is wrong.', []),
      requestBody: { required: true, content },
    },
  };
}

function operation(summary: string, parameters: readonly object[], kind?: Kind): Operation {
  const schema = kind ? reference(kind) : { type: 'object' };
  return {
    summary,
    ...(parameters.length > 0 && { parameters }),
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema } } },
      default: {
        description: 'Nothing was changed.',
        content: { 'application/json': { schema: reference('problems') } },
      },
    },
  };
}

function answered(of: Operation, schema: object): Operation {
  const done = { description: 'Done.', content: { 'application/json': { schema } } };
  return { ...of, responses: { ...of.responses, 200: done } };
}

function query(name: string, schema: object, required = false): object {
  return { name, in: 'query', required, schema };
}

function reference(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}
