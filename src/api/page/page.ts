import type { Recording } from '../../recorder';
import { channelNames, filesOf, recordingFileUrl } from '../recording-files';
import type { LiveCall, LiveRecording, Readiness } from '../status-source';
import type { Peaks } from '../wav-peaks';
import { Html, html } from './html';
import { SCRIPT, STYLE } from './style';
import { waveform } from './waveform';

/** Seconds between two looks for news where scripts are switched off. */
const RELOAD_SECONDS = 15;

export interface PageContent {
  readonly now: Date;
  readonly readiness: Readiness;
  readonly calls: readonly LiveCall[];
  /** The latest, newest first. */
  readonly recordings: readonly ShownRecording[];
}

export interface ShownRecording {
  readonly recording: Recording;
  readonly peaks: Peaks | undefined;
}

/** The status page: state, live calls, the latest recordings. */
export function statusPage(content: PageContent): string {
  const { now, readiness, calls, recordings } = content;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Twintrack</title>
<noscript><meta http-equiv="refresh" content="${RELOAD_SECONDS}"></noscript>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header><h1>Twintrack</h1>${stateBadge(readiness)}</header>
<main>
<section id="calls"><h2>Live calls <span class="count">${calls.length}</span></h2>${callTable(calls, now)}</section>
<section id="recordings"><h2>Latest recordings</h2>${
    recordings.length > 0
      ? recordings.map(recordingCard)
      : html`<p class="card nothing">Nothing is recorded yet.</p>`
  }</section>
</main>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`.text;
}

function stateBadge({ ready, reasons }: Readiness): Html {
  return html`<span id="state"><span class="state ${ready ? 'good' : 'bad'}">${ready ? 'taking calls' : 'not ready'}</span> <span class="quiet">${reasons.join('; ')}</span></span>`;
}

function callTable(calls: readonly LiveCall[], now: Date): Html {
  if (calls.length === 0) return html`<p class="card nothing">No call is going on.</p>`;
  const rows = calls.map(
    (call) =>
      html`<tr><td>${call.caller}</td><td>${call.callee}</td><td>${call.state}</td><td><time>${clock(secondsBetween(call.answeredAt ?? call.startedAt, now))}</time></td><td>${call.recordings.map((one) => recordingLine(one, now))}</td></tr>`,
  );
  return html`<div class="card scroll"><table><thead><tr><th>From</th><th>To</th><th>State</th><th>For</th><th>Recording</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Who is recorded, what is done now and since when, and the mode that has it so. */
function recordingLine(recording: LiveRecording, now: Date): Html {
  const { state, user, side, mode, since, pausedBy } = recording;
  const look = state === 'recording' ? 'recording' : state === 'failed' ? 'bad' : 'quiet';
  const by = pausedBy === undefined ? '' : ` by ${pausedBy}`;
  const long = since && html` <time>${clock(secondsBetween(since, now))}</time>`;
  return html`<div><span class="${look}">${state}${by}</span>${long} <span title="${side}">${user}</span> <span class="quiet">${mode}</span></div>`;
}

function recordingCard({ recording, peaks }: ShownRecording): Html {
  const { id, startedAt, durationMs, wav } = recording;
  const heard = channelNames(recording).map(
    (who, index) => html`${index > 0 ? ' · ' : ''}<span class="channel-${index % 2}">${who}</span>`,
  );
  const links = filesOf(recording).map(
    ({ name }) => html`<a href="${recordingFileUrl(id, name)}?download" download>${name}</a>`,
  );
  const when = new Date(startedAt);
  return html`<article class="card"><header><p>${heard}</p><p class="quiet">${stateWord(recording)} <time datetime="${startedAt}">${moment(when)}</time> · <time>${clock(durationMs / 1000)}</time></p></header>${peaks && waveform(peaks)}<audio controls preload="none" src="${recordingFileUrl(id, wav.file)}"></audio><p class="files quiet">${links}</p></article>`;
}

function stateWord({ state, failure, streams }: Recording): Html | undefined {
  switch (state) {
    case 'recording':
      return html`<span class="recording">now</span>`;
    case 'failed':
      return html`<span class="bad" title="${failure}">incomplete</span>`;
    case 'finished': {
      const lost = streams.reduce((sum, stream) => sum + Math.max(0, stream.lost), 0);
      return lost > 0 ? html`<span class="bad">${lost} packets lost</span>` : undefined;
    }
  }
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, (to.getTime() - from.getTime()) / 1000);
}

/** `1:02:03`, `0:07`. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0
    ? `${hours}:${pad(minutes)}:${pad(whole % 60)}`
    : `${minutes}:${pad(whole % 60)}`;
}

/** `2026-01-15 14:03:07 UTC`. */
function moment(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
