/**
 * Owns the style sheet of the status page and of control, served at `/style.css` so that no page needs inline style.
 *
 * Invariants: text has a contrast of 4.5 to its ground in both colour schemes (asserted in test/browser); colour is never
 * the only sign; figures have a width of their own, so that a new figure moves nothing.
 */

export const STYLE_SHEET = `:root {
  color-scheme: light dark;
  --ink: #16202b; --dim: #51606f; --ground: #f3f5f8; --card: #ffffff; --line: #d9e0e8; --soft: #f0f3f7;
  --link: #0a58b8; --focus: #0a58b8; --code: #eef2f6;
  --ok: #12703a; --ok-ground: #e2f4e8; --warning: #8a4b00; --warning-ground: #fdf0d5;
  --error: #b3151f; --error-ground: #fde6e6; --calm: #44525f; --calm-ground: #e9edf2;
  --rx: #0a7f8f; --rx-area: #0a7f8f2e; --tx: #8a3ffc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e7ecf1; --dim: #a3b1bf; --ground: #0e1318; --card: #171e25; --line: #2c3742; --soft: #1e262e;
    --link: #84b8ff; --focus: #84b8ff; --code: #10161c;
    --ok: #79d99a; --ok-ground: #12311f; --warning: #f5c065; --warning-ground: #3a2a0b;
    --error: #ff9d97; --error-ground: #431a1c; --calm: #b4c0cc; --calm-ground: #27313b;
    --rx: #3fd0e0; --rx-area: #3fd0e033; --tx: #be95ff;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; overflow-y: scroll; }
body {
  margin: 0 auto; padding: 0 1.25rem 3rem; max-width: 82rem; color: var(--ink); background: var(--ground);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: .18rem solid var(--focus); outline-offset: .12rem; border-radius: .2rem; }
main:focus, h2:focus { outline: none; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 .7rem; }
h3 { font-size: .95rem; margin: 1.1rem 0 .35rem; }
p, ul, ol, dl { margin: .4rem 0; }
ul, ol { padding-left: 1.2rem; }
small { display: block; color: var(--dim); font-size: .82em; font-weight: 400; }
summary { cursor: pointer; color: var(--dim); padding: .2rem 0; }

/* the frame */
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 3; }
header { padding: 1.4rem 0 .8rem; }
header.top { display: flex; flex-wrap: wrap; gap: .6rem 2rem; justify-content: space-between; align-items: flex-start; }
#part-facts { flex: 1 1 20rem; }
header p { margin: .25rem 0 0; color: var(--dim); font-variant-numeric: tabular-nums; }
.tools { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; min-height: 2.5rem; }
.tools p { margin: 0; }
.live { display: flex; align-items: center; gap: .5rem; padding: .3rem .7rem; border-radius: 2rem; background: var(--calm-ground); color: var(--calm); font-size: .88rem; }
.live::before { content: ""; width: .6rem; height: .6rem; border-radius: 50%; background: currentColor; flex: none; }
.live[data-state="live"] { background: var(--ok-ground); color: var(--ok); }
.live[data-state="lost"] { background: var(--error-ground); color: var(--error); }
html:not(.has-script) .scripted, html:not(.has-script) .live { visibility: hidden; }
html[data-state="lost"] main { opacity: .55; }
nav { position: sticky; top: 0; z-index: 2; display: flex; gap: .2rem; overflow-x: auto; margin: 0 -1.25rem; padding: .35rem 1.25rem; background: var(--ground); border-bottom: 1px solid var(--line); font-size: .9rem; scrollbar-width: none; }
nav a { flex: none; padding: .3rem .65rem; border-radius: .4rem; text-decoration: none; color: var(--dim); }
nav a:hover { background: var(--calm-ground); color: var(--ink); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem 1.25rem; margin: 1rem 0; }
footer { margin-top: 1.5rem; font-size: .85rem; color: var(--dim); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

/* how it is */
.ok { color: var(--ok); } .warning { color: var(--warning); } .error { color: var(--error); }
.badge { display: inline-block; padding: .05rem .5rem; border-radius: 1rem; font-size: .8rem; font-weight: 600; line-height: 1.5; background: var(--calm-ground); color: var(--calm); white-space: nowrap; }
.badge.ok { background: var(--ok-ground); color: var(--ok); }
.badge.warning { background: var(--warning-ground); color: var(--warning); }
.badge.error { background: var(--error-ground); color: var(--error); }
.health { color: var(--ink); border-left: .4rem solid var(--line); }
.health.ok { border-left-color: var(--ok); } .health.warning { border-left-color: var(--warning); } .health.error { border-left-color: var(--error); }
.health h2 { font-size: 1.35rem; display: flex; align-items: center; gap: .6rem; }
.health h2 .sign { display: inline-grid; place-items: center; flex: none; width: 1.9rem; height: 1.9rem; border-radius: 50%; font-size: 1.05rem; }
.health.ok h2 .sign { background: var(--ok-ground); color: var(--ok); }
.health.warning h2 .sign { background: var(--warning-ground); color: var(--warning); }
.health.error h2 .sign { background: var(--error-ground); color: var(--error); }
.causes { background: var(--soft); border-radius: .5rem; padding: .1rem 1rem .5rem; margin: .7rem 0; }
.look { color: var(--dim); }
.sentences { list-style: none; padding: 0; }
.sentences li { display: grid; grid-template-columns: 5rem 1fr; gap: .1rem .6rem; padding: .28rem 0; overflow-wrap: anywhere; }
.sentences .badge { justify-self: start; align-self: start; margin-top: .1rem; }
.paths { list-style: none; padding: .7rem 0 0; margin-top: .8rem; border-top: 1px solid var(--line); }
.paths > li { display: grid; grid-template-columns: minmax(4rem, max-content) 1fr; gap: .2rem .9rem; align-items: baseline; padding: .2rem 0; }
.paths .name { font-weight: 600; overflow-wrap: anywhere; }
.paths ol { list-style: none; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: .35rem; }
.paths ol li { display: inline-flex; align-items: baseline; gap: .35rem; padding: .1rem .55rem; border-radius: .4rem; font-size: .85rem; background: var(--calm-ground); color: var(--calm); position: relative; }
.paths ol li.ok { background: var(--ok-ground); color: var(--ok); }
.paths ol li.broken { background: var(--error-ground); color: var(--error); font-weight: 700; }
.paths ol li.waiting { background: var(--warning-ground); color: var(--warning); font-weight: 600; }

/* tables and lists of facts */
.scroll { overflow-x: auto; margin: 0 -1.25rem; padding: 0 1.25rem; }
table { border-collapse: collapse; width: 100%; min-width: 38rem; font-size: .92rem; }
th, td { text-align: left; padding: .5rem .9rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
tr.family th { padding-left: 1rem; font-weight: 400; color: var(--dim); }
thead th { color: var(--dim); font-weight: 600; font-size: .82rem; padding-top: 0; }
caption { text-align: left; font-weight: 600; padding: .6rem 0 .4rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .3rem 1.2rem; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre, code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .85rem; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .75rem; overflow: auto; max-height: 22rem; margin: .4rem 0; line-height: 1.45; }
code.long { overflow-wrap: anywhere; }

/* traffic */
.totals { display: grid; grid-template-columns: 1fr 13rem; gap: 1rem 1.5rem; margin-bottom: 1rem; align-items: stretch; }
.figures { display: grid; grid-template-columns: 1fr; gap: .5rem; align-content: space-between; margin: 0; }
.figure { display: flex; justify-content: space-between; align-items: baseline; gap: .5rem; border-bottom: 1px solid var(--line); padding: .15rem 0; }
.figure:last-child { border-bottom: 0; }
.figure dd { font-size: 1.15rem; font-weight: 600; white-space: nowrap; }
.plot { margin: 0; display: grid; grid-template-columns: 5.5rem 1fr; grid-template-rows: auto 9rem auto; gap: .2rem .6rem; }
.plot figcaption { grid-column: 1 / -1; display: flex; gap: 1rem; align-items: baseline; font-size: .9rem; }
.plot svg { width: 100%; height: 100%; border-bottom: 1px solid var(--line); }
.plot .scale { display: flex; flex-direction: column; justify-content: space-between; text-align: right; font-size: .78rem; color: var(--dim); font-variant-numeric: tabular-nums; }
.plot .times { grid-column: 2; display: flex; justify-content: space-between; font-size: .78rem; color: var(--dim); }
.key { display: inline-flex; align-items: center; gap: .35rem; color: var(--dim); font-size: .85rem; }
.swatch { width: .9rem; height: .25rem; border-radius: .1rem; background: var(--tx); }
.swatch.rx { background: var(--rx); }
svg path { fill: none; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
svg .line { stroke-width: 1.6px; }
svg .rx.line { stroke: var(--rx); }
svg .tx.line { stroke: var(--tx); }
svg .area { fill: var(--rx-area); stroke: none; }
svg .grid { stroke: var(--line); vector-effect: non-scaling-stroke; stroke-dasharray: 2 3; }
.spark { display: block; width: 100%; min-width: 8rem; height: 2.4rem; background: var(--soft); border-radius: .3rem; }
.traffic { table-layout: fixed; min-width: 60rem; }
@media (min-width: 44.01rem) {
.traffic th:nth-child(1) { width: 9%; } .traffic th:nth-child(2) { width: 15%; } .traffic th:nth-child(3) { width: 20%; }
.traffic th:nth-child(4), .traffic th:nth-child(5) { width: 10%; } .traffic th:nth-child(6) { width: 16%; }
.traffic th:nth-child(7), .traffic th:nth-child(8) { width: 7.5%; } .traffic th:nth-child(9) { width: 5%; }
}
.traffic td, .traffic th { overflow-wrap: anywhere; }
.traffic td.number { overflow-wrap: normal; }
.traffic th:last-child, .traffic td:last-child { padding-right: 0; }
.address { display: block; font-variant-numeric: tabular-nums; }

/* meters and bars */
.split { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2.5rem; }
.split h3 { margin-top: 0; }
.meters dd { display: grid; grid-template-columns: minmax(4rem, 1fr) 12.5rem; gap: .9rem; align-items: center; }
.meter, .time { width: 100%; height: .5rem; border-radius: .25rem; }
.track { fill: var(--calm-ground); } .fill { fill: var(--rx); }
.meter.high .fill { fill: var(--warning); } .time.failed .fill { fill: var(--error); }
.boot td:nth-child(4) { width: 34%; vertical-align: middle; }
.boot .time { min-width: 10rem; display: block; }

/* network cards */
.nics { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem; }
.nics > li { border: 1px solid var(--line); border-radius: .6rem; padding: .1rem 1rem .8rem; }
.compact { gap: .1rem 1rem; font-size: .92rem; }
.paste { display: grid; grid-template-columns: 1fr auto; align-items: center; gap: .35rem .8rem; margin-top: .7rem; }
.paste span { color: var(--dim); font-size: .92rem; }
.paste pre { grid-column: 1 / -1; margin: 0; }
.paste button { min-height: 2rem; padding: .1rem .7rem; font-size: .85rem; min-width: 4.8rem; justify-content: center; }

/* forms */
label { display: block; }
label:has(input[type="checkbox"]) { display: inline; }
input, button, textarea, .button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .7rem; }
input, textarea { border-color: var(--dim); }
input:not([type="checkbox"]) { width: min(100%, 24rem); }
textarea { width: 100%; font: .85rem/1.4 ui-monospace, monospace; }
button, .button { background: var(--soft); cursor: pointer; min-height: 2.5rem; text-decoration: none; display: inline-flex; align-items: center; }
button:hover, .button:hover { background: var(--calm-ground); }
button[aria-pressed="true"] { background: var(--warning-ground); color: var(--warning); }

@media (max-width: 44rem) {
  body { padding: 0 .8rem 2rem; }
  nav { margin: 0 -.8rem; padding: .35rem .8rem; }
  section { padding: .9rem; border-radius: .6rem; }
  .scroll { margin: 0 -.9rem; padding: 0 .9rem; }
  .totals { grid-template-columns: 1fr; }
  .figures { grid-template-columns: 1fr 1fr; gap: 0 1.2rem; }
  .figure { border-bottom: 0; }
  .figure dd { font-size: 1rem; }
  .plot { grid-template-columns: 4.6rem 1fr; grid-template-rows: auto 7rem auto; }
  .sentences li { grid-template-columns: 1fr; }
  .paths > li { grid-template-columns: 1fr; padding: .45rem 0; }
  dl:not(.figures, .compact) { grid-template-columns: 1fr; gap: 0; }
  dl:not(.figures, .compact) dd { margin-bottom: .45rem; }
  .meters dd { grid-template-columns: 1fr; gap: .1rem; }
  /* a table of many columns becomes a card a row */
  table.stacked { min-width: 0; table-layout: auto; }
  table.stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.stacked, table.stacked tbody, table.stacked tr, table.stacked td, table.stacked th { display: block; width: auto; }
  table.stacked tr { display: grid; grid-template-columns: 1fr 1fr; gap: .2rem 1rem; padding: .7rem 0; border-bottom: 1px solid var(--line); }
  table.stacked th, table.stacked td { border: 0; padding: 0; text-align: left; }
  table.stacked th[scope="row"], table.stacked td[data-label="Addresses"], table.stacked td[data-label="Last 5 min"] { grid-column: 1 / -1; }
  table.stacked th[scope="row"] { font-size: 1.05rem; }
  table.stacked td::before { content: attr(data-label); display: block; color: var(--dim); font-size: .78rem; }
}
@media (prefers-reduced-motion: no-preference) {
  .live[data-state="live"]::before { animation: pulse 2s ease-in-out infinite; }
  @keyframes pulse { 50% { opacity: .35; } }
}
@media print { nav, .tools { display: none; } section { break-inside: avoid; } }
`;
