import { FIELDS, type Field, KINDS } from '../../policy';
import { html } from '../page/html';
import type { OpenApi } from './openapi';

/** The document for people to read: no script, no style, nothing from elsewhere. */
export function openApiPage({ info, paths }: OpenApi): string {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${info.title}: HTTP</title></head>
<body>
<h1>${info.title}: HTTP</h1>
<p>${info.description} For programs: <a href="openapi.json">openapi.json</a>.</p>
<table>
<tr><th>method</th><th>path</th><th>what it does</th></tr>
${Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([
      method,
      { summary },
    ]) => html`<tr><td>${method.toUpperCase()}</td><td><code>${path}</code></td><td>${summary}</td></tr>
`,
  ),
)}</table>
${KINDS.map(
  (kind) => html`<h2>${kind}</h2>
<table>
<tr><th>field</th><th>takes</th><th>what it does</th></tr>
${Object.entries<Field>(FIELDS[kind]).map(
  ([
    name,
    { wants, why, readOnly },
  ]) => html`<tr><td><code>${name}</code></td><td>${readOnly ? 'read only' : wants}</td><td>${why}</td></tr>
`,
)}</table>
`,
)}</body>
</html>
`.text;
}
