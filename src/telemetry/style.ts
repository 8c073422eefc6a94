/** Owns the page's style sheet, served at `/style.css` so that the page needs no inline style. */

export const STYLE_SHEET = `:root {
  color-scheme: light dark;
  --ink: #1c2024; --paper: #ffffff; --line: #d5d9de; --soft: #f4f5f7; --link: #0b57b0;
  --ok: #1a6b34; --warning: #7a4b00; --error: #b3151f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e8ea; --paper: #14171a; --line: #3a4046; --soft: #1e2226; --link: #8ab8f5;
    --ok: #7dd497; --warning: #f0c060; --error: #ff9a94;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 76rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.45 system-ui, sans-serif;
}
a { color: var(--link); }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 1.8rem 0 .5rem; padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1rem 0 .3rem; }
p, ul, dl { margin: .4rem 0; }
ul { padding-left: 1.2rem; }
header p { margin: .2rem 0; }
nav { font-size: .9rem; }
nav a { margin-right: .8rem; }
.health { padding: .7rem 1rem; border: 1px solid var(--line); border-left-width: .4rem; background: var(--soft); margin-top: .8rem; }
.health h2 { border: 0; margin: 0; padding: 0; font-size: 1.2rem; }
.health.ok { border-left-color: var(--ok); }
.health.warning { border-left-color: var(--warning); }
.health.error { border-left-color: var(--error); }
.ok { color: var(--ok); }
.warning { color: var(--warning); }
.error { color: var(--error); }
.health, .health h2 { color: var(--ink); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; min-width: 40rem; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
caption { text-align: left; font-weight: 600; padding: .6rem 0 .2rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
pre, code { font-family: ui-monospace, monospace; font-size: .85rem; }
pre { background: var(--soft); border: 1px solid var(--line); padding: .5rem; overflow-x: auto; margin: .3rem 0; }
label { display: block; }
label:has(input[type="checkbox"]) { display: inline; }
input, button, textarea { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); padding: .4rem .6rem; }
input:not([type="checkbox"]) { width: min(100%, 24rem); }
textarea { width: 100%; font: .85rem/1.4 ui-monospace, monospace; }
button { background: var(--soft); border-radius: .3rem; cursor: pointer; min-height: 2.5rem; }
code.long { overflow-wrap: anywhere; }
footer { margin-top: 2rem; font-size: .85rem; }
`;
