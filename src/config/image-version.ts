/** What the version of an image looks like: as a leaf, in a manifest, in the name of an entry of the boot loader. */

/**
 * `MAJOR.MINOR.PATCH` with an optional `-suffix` of `[a-z0-9.]`: `0.2.0-rc.1`. FAT takes 255 characters for a whole name;
 * a version is a fraction of that.
 */
export const IMAGE_VERSION_PATTERN =
  '^(?=.{1,64}$)(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})(-[a-z0-9]+(\\.[a-z0-9]+)*)?$';

const IMAGE_VERSION = new RegExp(IMAGE_VERSION_PATTERN);

/** Whether `text` is the version of an image. */
export function isImageVersion(text: string): boolean {
  return IMAGE_VERSION.test(text);
}
