import type { RecordingAction } from '../../policy';
import type { IncomingRequest, SipMessage } from '../../ua';
import type { CallParts } from '../call/environment';
import type { CallSide } from '../call/signals';
import { detached } from '../detached';
import type { ControlResult } from '../record';
import { patiently } from './trying';

/** BroadWorks' way: a header of its own in INFO. */
const RECORD: Readonly<Record<string, RecordingAction>> = {
  on: 'start',
  off: 'stop',
  pause: 'pause',
  resume: 'resume',
};

/** The way of AudioCodes' session border controllers. */
const X_AC_ACTION: Readonly<Record<string, RecordingAction>> = {
  'start-siprec': 'start',
  'stop-siprec': 'stop',
  'pause-siprec': 'pause',
  'resume-siprec': 'resume',
};

/**
 * Only statuses that end nothing but their request (RFC 5057 §5.1): 480 for `not-now` or 501 for what is
 * not understood would end the call at a phone that keeps to it. 481 says that the call is over.
 */
const STATUS: Readonly<Record<ControlResult, number>> = {
  done: 200,
  already: 200,
  forbidden: 403,
  'not-now': 488,
  'no-call': 481,
  failed: 500,
};

const SAYS: Partial<Readonly<Record<ControlResult, string>>> = {
  forbidden: 'the recording mode does not allow it',
  'not-now': 'nothing is recorded that this could be done to',
  failed: 'no recorder takes the recording',
};

/**
 * An INFO that is a command to the recording of the user on whose side it comes. False when it is none, or when
 * nobody is known there: then it goes to the other side like any other request.
 */
export function controlRecording(
  { env, recordings, log }: Pick<CallParts, 'env' | 'recordings' | 'log'>,
  from: CallSide,
  request: IncomingRequest,
): boolean {
  if (request.method !== 'INFO') return false;
  const command = commandIn(request);
  if (!command) return false;
  const user = recordings.of(from);
  if (!user && !recordings.isForbidden(from)) return false;
  const { action, by } = command;
  if (action === undefined) {
    void request.respond(400, warning('Record wants on, off, pause or resume'));
    return true;
  }
  const done = user?.control(action, by) ?? Promise.resolve('forbidden' as const);
  const answered = patiently(env.clock, request, done).then((result) =>
    answerCommand(request, result),
  );
  detached(answered, log, 'command not answered');
  return true;
}

/** Tells the one who gave a command what it came to. */
export function answerCommand(request: IncomingRequest, result: ControlResult): Promise<void> {
  const says = SAYS[result];
  return request.respond(STATUS[result], says === undefined ? {} : warning(says));
}

/** Undefined when it is no command; without an action when it is none that is known. */
function commandIn(
  request: SipMessage,
):
  | { readonly by: 'info' | 'x-ac-action'; readonly action: RecordingAction | undefined }
  | undefined {
  const record = request.header('record');
  if (record !== undefined) return { by: 'info', action: lookUp(RECORD, record) };
  const action = lookUp(X_AC_ACTION, request.header('x-ac-action') ?? '');
  // It carries more than recording: what else there is passes.
  return action && { by: 'x-ac-action', action };
}

function lookUp(
  words: Readonly<Record<string, RecordingAction>>,
  value: string,
): RecordingAction | undefined {
  const word = value.split(';', 1)[0]!.trim().toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

function warning(text: string) {
  return { headers: { Warning: `399 twintrack "${text}"` } };
}
