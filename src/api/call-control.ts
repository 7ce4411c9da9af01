import type { FastifyInstance } from 'fastify';
import type { RecordingAction } from '../policy';
import type { ControlAnswer } from '../sip';
import { showRecordingState } from './representations';
import { refusalOfChange } from './settings/author';
import type { LiveCall } from './status-source';

/** A command to the recording of a user in a call; resolves with what is true then. */
export type CallControl = (
  call: string,
  user: string | undefined,
  action: RecordingAction,
) => Promise<ControlAnswer>;

const ACTIONS: readonly RecordingAction[] = ['start', 'stop', 'pause', 'resume'];

/** Status and sentence of what could not be done. */
const REFUSALS: Readonly<
  Record<Exclude<ControlAnswer, 'done' | 'already'>, readonly [number, string]>
> = {
  forbidden: [403, 'the recording mode of the user does not allow it'],
  'no-call': [404, 'no such call'],
  'no-user': [404, 'no such user is recorded in this call'],
  'not-now': [409, 'nothing is recorded that this could be done to'],
  'which-user': [409, 'both sides are recorded: name the user'],
  failed: [503, 'no recorder takes the recording'],
};

/** Commands to the recordings of live calls. */
export function addCallControl(
  server: FastifyInstance,
  control: CallControl,
  calls: () => readonly LiveCall[],
  guarded: boolean,
): void {
  server.post<{ Params: { id: string } }>('/v1/calls/:id/recording', async (request, reply) => {
    const refusal = refusalOfChange(request, guarded);
    if (refusal !== undefined) return reply.code(403).send({ error: refusal });
    const command = read(request.body);
    if (typeof command === 'string') return reply.code(400).send({ error: command });
    const { id } = request.params;
    const result = await control(id, command.user, command.action);
    if (result === 'done' || result === 'already') {
      const { recordings = [] } = calls().find((call) => call.id === id) ?? {};
      return { result, recordings: recordings.map(showRecordingState) };
    }
    const [status, error] = REFUSALS[result];
    return reply.code(status).send({ result, error });
  });
}

/** A text says what is wrong with it. */
function read(body: unknown): { user: string | undefined; action: RecordingAction } | string {
  if (typeof body !== 'object' || body === null) return 'wants a JSON object with an action';
  const { user, action, ...others } = body as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return 'takes action and user, and nothing else';
  const known = ACTIONS.find((one) => one === action);
  if (!known) return `action wants one of ${ACTIONS.join(', ')}`;
  if (user !== undefined && typeof user !== 'string') return 'user wants a text';
  return { user, action: known };
}
