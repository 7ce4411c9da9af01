/** The page's own look: no file, font or picture from anywhere else. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --quiet: #66707f; --line: #dfe3e9; --paper: #fff;
  --ground: #f4f6f8; --first: #2563eb; --second: #0d9488; --good: #15803d; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --quiet: #97a1b0; --line: #2b323d;
  --paper: #171c23; --ground: #0f1318; --first: #60a5fa; --second: #2dd4bf; --good: #4ade80; --bad: #f87171; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
header, main { max-width: 64rem; margin: 0 auto; padding: 1.25rem; }
header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap; }
main { padding-top: 0; }
h1 { font-size: 1.4rem; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 1rem; margin: 1.75rem 0 .5rem; color: var(--quiet); font-weight: 600; }
.count { font-weight: 400; }
.state { padding: .1rem .6rem; border-radius: 1rem; border: 1px solid currentColor; font-size: .85rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .quiet { color: var(--quiet); }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .55rem .9rem; border-top: 1px solid var(--line); white-space: nowrap; }
td:last-child { white-space: normal; }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; font-size: .85rem; }
.nothing { padding: 1.1rem; color: var(--quiet); margin: 0; }
article { padding: .9rem 1rem 1rem; margin-bottom: .8rem; }
article header { padding: 0; margin: 0; justify-content: space-between; max-width: none; }
article p { margin: 0; }
.channel-0 { color: var(--first); fill: var(--first); } .channel-1 { color: var(--second); fill: var(--second); }
.waveform { display: block; width: 100%; height: 3.5rem; margin: .6rem 0; }
audio { width: 100%; height: 2.2rem; }
a { color: inherit; } .files a { margin-right: .9rem; }
.recording::before { content: '● '; color: var(--bad); }
time { font-variant-numeric: tabular-nums; }
`;

/**
 * Looks for news every few seconds and puts them in place: always the calls, the recordings only while
 * none is played. Without scripts the page loads itself anew.
 */
export const SCRIPT = `
setInterval(async () => {
  try {
    const answer = await fetch(location.href, { cache: 'no-store' });
    if (!answer.ok) return;
    const news = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const played = [...document.querySelectorAll('audio')].some((one) => !one.paused || one.currentTime > 0);
    for (const id of played ? ['state', 'calls'] : ['state', 'calls', 'recordings']) {
      const [old, fresh] = [document.getElementById(id), news.getElementById(id)];
      if (fresh && old.innerHTML !== fresh.innerHTML) old.replaceWith(fresh);
    }
  } catch { /* The service restarts: the next round tells. */ }
}, 3000);
`;
