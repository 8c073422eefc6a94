/**
 * The files that the image builder writes to the boot partition beside the image itself and appliance.ini, and that a
 * factory reset keeps: one list for both.
 */

/** The boot loader's programs. An update contains none: those of the first image stay. */
export const LOADER_PROGRAMS: readonly string[] = ['EFI/BOOT/BOOTX64.EFI', 'EFI/systemd/systemd-bootx64.efi'];

/**
 * systemd-boot's own settings: no menu (any key at power-on shows it: an older version can be chosen there), no editing
 * of command lines, only our own images. Source: loader.conf(5).
 */
const LOADER_CONF = `timeout 0
editor no
auto-entries no
`;

const README = `This drive belongs to the router appliance that boots from it.

appliance.ini
    The configuration. Edit it with any text editor (Notepad, TextEdit in plain
    text mode, nano) and start the box with it. It lists each setting with its
    default, as a comment: remove the ";" before a line to set it. Windows and
    Unix line endings both work.

appliance.errors.txt
    Written by the box when appliance.ini has errors: each with its line and
    what is expected. The box then runs with the last configuration that
    worked. The file is removed once there are no errors.

How to reach the box
    Its screen shows its address and, at the first start, a password. Then
    open http://ADDRESS:8080/ in a browser.

How to start over
    Delete the content of appliance.ini: an empty file means all defaults.
    "Factory reset" on the status page or on the console also erases the
    password, everything the box has stored, and your own files on this drive.

Files you may add
    update.pub              a public key: updates must be signed with its private
                            half, instead of the key of this image's builder
    https.crt, https.key    your own certificate and its key, as PEM

Do not change
    The directories EFI and loader: the box boots from them. Updates add a
    second version there and keep the one that worked.

docs/configuration.md of the project describes all settings, its README.md how to
build, flash and update.

`;

/** The text files for people and the loader, by path. */
export function bootTexts(version: string): ReadonlyMap<string, string> {
  return new Map([
    ['loader/loader.conf', LOADER_CONF],
    ['README.txt', readmeText(version)],
  ]);
}

/** For the person who opens the drive; with line endings that every editor supports. */
function readmeText(version: string): string {
  return `Appliance ${version}\n\n${README}`.trimEnd().concat('\n').replaceAll('\n', '\r\n');
}
