/** Owns the socket addresses of Unix sockets: struct sockaddr_un { u16 family; char path[108]; }. */
import { LinuxError } from './errors.ts';
import { cString, nativeBuffer } from './libc.ts';

export const AF_UNIX = 1;

const FAMILY_BYTES = 2;
/** The path's last byte is NUL. */
const MAX_PATH_BYTES = 107;
const ENAMETOOLONG = 36;

/** The address of the socket file `path`. Throws LinuxError ENAMETOOLONG in the name of `call`. */
export function encodeUnixAddress(path: string, call: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(cString(path, 'socket path'), 'utf8');
  if (bytes.length > MAX_PATH_BYTES) {
    throw new LinuxError(call, ENAMETOOLONG, [path], { detail: `longer than ${MAX_PATH_BYTES} bytes` });
  }
  const address = nativeBuffer(FAMILY_BYTES + bytes.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(bytes, FAMILY_BYTES);
  return address;
}
