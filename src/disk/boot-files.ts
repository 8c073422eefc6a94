/**
 * What the image builder puts on the boot partition beside the image itself and appliance.ini, and what a factory reset
 * leaves there: one list for both.
 */

/** Programs of the loader. An update brings none: those of the first image stay. */
export const LOADER_PROGRAMS: readonly string[] = ['EFI/BOOT/BOOTX64.EFI', 'EFI/systemd/systemd-bootx64.efi'];

/**
 * systemd-boot's own settings: no menu (any key at power-on shows it: an older version can be chosen there), no editing
 * of command lines, nothing but our own images. Source: loader.conf(5).
 */
const LOADER_CONF = `timeout 0
editor no
auto-entries no
`;

const README = `This drive belongs to the router appliance that boots from it.

appliance.ini
    The configuration. Edit it with any text editor (Notepad, TextEdit in plain
    text mode, nano) and start the box with it. Each setting stands there with
    its default, as a comment: remove the ";" before a line to set it. Line ends
    of Windows and of Unix are both fine.

appliance.errors.txt
    Written by the box when appliance.ini has mistakes: each with its line and
    what would be right. The box then runs with the last configuration that
    worked. The file goes away once there are no mistakes.

How to reach the box
    Its screen shows its address and, at the first start, a password. Then
    open http://ADDRESS:8080/ in a browser.

How to begin anew
    Replace the content of appliance.ini by nothing: an empty file means all
    defaults. "Factory reset" on the status page or on the console also forgets
    the password and everything the box has learned, and erases what was put
    here.

What you may put here
    update.pub              a public key: updates must be signed with its private
                            half, instead of that of whoever built this image
    https.crt, https.key    your own certificate and its key, as PEM

What not to touch
    The directories EFI and loader: the box starts from them. Updates put a
    second version there and keep the one that worked.

All settings are described in docs/configuration.md of the project, and the way
to build, flash and update in its README.md.

`;

/** The texts that people and the loader read, by path. */
export function bootTexts(version: string): ReadonlyMap<string, string> {
  return new Map([
    ['loader/loader.conf', LOADER_CONF],
    ['README.txt', readmeText(version)],
  ]);
}

/** For the person who opens the drive; with the line ends that every editor shows. */
function readmeText(version: string): string {
  return `Appliance ${version}\n\n${README}`.trimEnd().concat('\n').replaceAll('\n', '\r\n');
}
