/** Owns the HTML of the control page: forms without scripts, each with the token of its session. */
import { type Html, html } from '../telemetry/mod.ts';
import { formatBytes, formatTime } from '../report/mod.ts';
import type { InstallTarget } from '../disk/mod.ts';
import { MIN_PASSWORD_CHARACTERS } from './password.ts';

/** Beyond this a textarea is unsuitable, and its form too long. */
export const MAX_EDITED_CHARACTERS = 256 * 1024;

/** The outcome of an action; the first line is a heading. */
export interface Notice {
  readonly level: 'ok' | 'warning' | 'error';
  readonly lines: readonly string[];
}

export interface PageFacts {
  readonly hostname: string;
  /** Fingerprint of the certificate, if any. */
  readonly fingerprint: string | undefined;
  readonly notice?: Notice | undefined;
}

/** The content of the page after login. */
export interface ControlFacts extends PageFacts {
  readonly formToken: string;
  /** `https://192.0.2.1:8443` */
  readonly address: string;
  /** Content of the textarea: the text in force, or the text typed before. */
  readonly config: string;
  /** Unix milliseconds; undefined: nothing waits for its confirmation. */
  readonly confirmBefore: number | undefined;
  /** The disks, or why they cannot be listed. */
  readonly disks: readonly InstallTarget[] | string;
}

/** The page over plain HTTP. */
export function renderElsewhere(facts: PageFacts, httpsUrl: string | undefined): string {
  const where =
    httpsUrl === undefined
      ? html`<p>Nothing can be changed from here: this box does not serve HTTPS (<code>http.https-listen</code>).</p>`
      : html`<p>This page is served over HTTPS only: <a href="${httpsUrl}">${httpsUrl}</a></p>${fingerprintHint(facts)}`;
  return page(facts, where);
}

export function renderLogin(facts: PageFacts): string {
  return page(
    facts,
    html`<section aria-labelledby="login"><h2 id="login">Log in</h2>
<form method="post" action="/login">
<p><label for="password">Password</label>
<input id="password" name="password" type="password" required="" autocomplete="current-password"></p>
<p><button type="submit">Log in</button></p>
</form>
<p>The first password was shown on the console of the box at its first boot.</p>
${fingerprintHint(facts)}</section>`,
  );
}

export function renderControl(facts: ControlFacts): string {
  return page(
    facts,
    html`${confirmSection(facts)}
${configSection(facts)}
${updateSection(facts)}
${powerSection(facts)}
${installSection(facts)}
${passwordSection(facts)}
${resetSection(facts)}
<section aria-labelledby="session"><h2 id="session">Session</h2>
<form method="post" action="/logout"><p><button type="submit">Log out</button></p></form>
${fingerprintHint(facts)}</section>`,
  );
}

function page({ hostname, notice }: PageFacts, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${hostname}: control</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
</head>
<body>
<header>
<h1>${hostname}: control</h1>
<p><a href="/">status</a></p>
</header>
<main>
${notice === undefined ? '' : noticeSection(notice)}${content}
</main>
</body>
</html>
`.text;
}

function noticeSection({ level, lines: [head = '', ...rest] }: Notice): Html {
  const details = rest.length === 0 ? '' : html`<pre>${rest.join('\n')}</pre>`;
  return html`<section class="health ${level}" role="status"><h2>${head}</h2>
${details}</section>
`;
}

function fingerprintHint({ fingerprint }: PageFacts): Html | string {
  if (fingerprint === undefined) return '';
  return html`<p>SHA-256 fingerprint of the certificate, as on the console: <code class="long">${fingerprint}</code></p>`;
}

/** A form of this page; `action` applies to buttons without their own. */
function form({ formToken }: ControlFacts, action: string, content: Html): Html {
  return html`<form method="post" action="/control">
<input type="hidden" name="token" value="${formToken}"><input type="hidden" name="action" value="${action}">
${content}
</form>`;
}

function confirmSection(facts: ControlFacts): Html | string {
  if (facts.confirmBefore === undefined) return '';
  return html`<section class="health warning" aria-labelledby="confirm"><h2 id="confirm">A change waits for its confirmation</h2>
<p>Without it the previous configuration is restored at ${formatTime(facts.confirmBefore)}.</p>
${form(facts, 'confirm', html`<p><button type="submit">Keep the change</button></p>`)}
</section>`;
}

function configSection(facts: ControlFacts): Html {
  const { config } = facts;
  const content =
    config.length > MAX_EDITED_CHARACTERS
      ? html`<p>The configuration is too long for this page: use <code>appliance config put FILE</code>.</p>`
      : form(
          facts,
          'check',
          html`<p><label for="config">appliance.ini</label>
<textarea id="config" name="config" rows="24" spellcheck="false" autocomplete="off" wrap="off">
${config}</textarea></p>
<p><label><input type="checkbox" name="restart-vpp" value="1"> restart VPP where the change needs it</label></p>
<p><button type="submit" name="do" value="check">Check what would change</button>
<button type="submit" name="do" value="apply">Apply</button></p>`,
        );
  return html`<section aria-labelledby="configuration"><h2 id="configuration">Configuration</h2>
${content}
${form(facts, 'reload', html`<p><button type="submit">Reload the file from the boot partition</button></p>`)}
</section>`;
}

function updateSection({ address, fingerprint }: ControlFacts): Html {
  const pin = fingerprint === undefined ? '' : ` --fingerprint ${fingerprint}`;
  return html`<section aria-labelledby="update"><h2 id="update">Update</h2>
<p>Send a new version with a program, with <code>image.efi.sig</code> beside <code>image.efi</code>:</p>
<pre>appliance update --host ${address}${pin} image.efi</pre>
<pre>curl --insecure --user admin --header "Appliance-Manifest: $(base64 -w0 image.efi.sig)" --upload-file image.efi ${address}/update</pre>
</section>`;
}

function powerSection(facts: ControlFacts): Html {
  return html`<section aria-labelledby="power"><h2 id="power">Power</h2>
${form(facts, 'restart', html`<p><button type="submit">Restart</button></p>`)}
${form(facts, 'power-off', html`<p><button type="submit">Power off</button></p>`)}
</section>`;
}

function installSection(facts: ControlFacts): Html {
  const { disks } = facts;
  if (typeof disks === 'string') {
    return html`<section aria-labelledby="install"><h2 id="install">Install to a disk</h2><p>${disks}</p></section>`;
  }
  const rows = disks.map(
    (disk) =>
      html`<tr><td><code>${disk.name}</code></td><td>${disk.model ?? ''}</td><td class="number">${formatBytes(disk.sizeBytes)}</td><td>${disk.partitions.join(', ')}</td><td>${disk.refusal ?? 'can be used'}</td></tr>\n`,
  );
  const content =
    rows.length === 0
      ? html`<p>This box has no other disk.</p>`
      : html`<div class="scroll"><table><thead><tr><th scope="col">Disk</th><th scope="col">Model</th><th scope="col" class="number">Size</th><th scope="col">Partitions</th><th scope="col">State</th></tr></thead>
<tbody>
${rows}</tbody></table></div>
${form(
  facts,
  'install',
  html`<p><label for="disk">Name of the disk; everything on it is erased</label>
<input id="disk" name="disk" required="" autocomplete="off" autocapitalize="none"> <button type="submit">Erase it and install</button></p>`,
)}`;
  return html`<section aria-labelledby="install"><h2 id="install">Install to a disk</h2>
${content}</section>`;
}

function passwordSection(facts: ControlFacts): Html {
  return html`<section aria-labelledby="new-password"><h2 id="new-password">Password</h2>
${form(
  facts,
  'password',
  html`<p><label for="old">Old password</label>
<input id="old" name="old" type="password" required="" autocomplete="current-password"></p>
<p><label for="new">New password, at least ${MIN_PASSWORD_CHARACTERS} characters</label>
<input id="new" name="new" type="password" required="" minlength="${MIN_PASSWORD_CHARACTERS}" autocomplete="new-password"></p>
<p><label for="again">New password, once more</label>
<input id="again" name="again" type="password" required="" autocomplete="new-password"></p>
<p><button type="submit">Change the password</button></p>`,
)}
</section>`;
}

function resetSection(facts: ControlFacts): Html {
  return html`<section aria-labelledby="reset"><h2 id="reset">Factory reset</h2>
${form(
  facts,
  'erase',
  html`<p><label><input type="checkbox" name="keep-network" value="1"> keep <code>[management]</code>, so that the box keeps its addresses</label></p>
<p><label for="erase">Erases everything but the image: configuration, password, logs. Type <code>erase</code></label>
<input id="erase" name="confirm" required="" autocomplete="off" autocapitalize="none"> <button type="submit">Erase</button></p>
<p>The new password is shown on the console of the box.</p>`,
)}
</section>`;
}
