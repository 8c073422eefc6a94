/**
 * VPP in this process: the handlers of the emulator behind the client that the appliance uses, without sockets. Each
 * message is encoded, handled and decoded as on the wire.
 */
import type { HandlerContext } from '../emulator/handler.ts';
import { HANDLERS, SHORT_HANDLERS } from '../emulator/handlers.ts';
import type { VppState } from '../emulator/vpp-state.ts';
import { retvalError, VppApiError } from '../../src/vpp/api/errors.ts';
import type { DumpDef, MessageDef, RequestDef, StreamDef, StreamReply } from '../../src/vpp/api/message.ts';
import { REQUEST_HEADER_BYTES } from '../../src/vpp/api/message.ts';
import type { VppApiClient } from '../../src/vpp/api/mod.ts';

/** A request, before and after VPP has handled it. */
export interface Watcher {
  /** Throws to end the connection instead. */
  before(this: void, name: string, request: Buffer, state: VppState): void;
  after(this: void, name: string, request: Buffer, retval: number, state: VppState): void;
}

export interface MemoryClient {
  readonly client: VppApiClient;
  readonly state: VppState;
  /** Ends the connection; VPP stays as it is. */
  close(): void;
}

const CLIENT = 1;
const VERSION = { program: 'vpe', version: '25.02-release', buildDate: '', buildDirectory: '' } as const;

export interface MemoryClientOptions {
  readonly state: VppState;
  readonly watcher?: Watcher;
}

/** Process ids that no VPP has. */
let nextPid = 1 << 30;

/** A connection to another VPP than all others. */
export function memoryClient({ state, watcher }: MemoryClientOptions): MemoryClient {
  const vpePid = nextPid++;
  let isClosed = false;
  const context: HandlerContext = {
    state,
    vpePid,
    version: VERSION.version,
    buildDate: '',
    clientIndex: CLIENT,
    wantInterfaceEvents: () => true,
    closeClient: () => {},
  };
  const encode = <Body>(def: MessageDef<Body>, body: Body): Buffer => {
    const request = Buffer.alloc(REQUEST_HEADER_BYTES + def.codec.lengthOf(body));
    const view = new DataView(request.buffer, request.byteOffset, request.length);
    def.codec.write({ bytes: request, view, offset: REQUEST_HEADER_BYTES }, body);
    return request;
  };
  const decode = <Body>(def: MessageDef<Body>, bytes: Buffer): Body => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return def.codec.read({ bytes, view, offset: 0, end: bytes.length });
  };
  /** The bodies of the answers, by name. */
  const handle = (name: string, request: Buffer): { readonly name: string; readonly body: Buffer }[] => {
    const short = SHORT_HANDLERS[name];
    if (short !== undefined) {
      const reply = { retval: 0, value: 0 };
      short(request, state, reply);
      const body = Buffer.alloc(8);
      body.writeInt32BE(reply.retval, 0);
      body.writeUInt32BE(reply.value, 4);
      return [{ name: `${name}_reply`, body }];
    }
    const handler = HANDLERS[name];
    if (handler === undefined) throw new Error(`the emulator does not know ${name}`);
    return [...handler(request, context)].map((answer) => ({ name: answer.name, body: answer.body }));
  };
  /** Answers to reads, until something is written. */
  const known = new Map<string, unknown>();
  const once = <T>(name: string, request: Buffer, read: () => T): T => {
    if (!isRead(name)) {
      known.clear();
      return read();
    }
    const key = `${name} ${request.toString('latin1')}`;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same request has the same answer
    if (known.has(key)) return known.get(key) as T;
    const value = read();
    known.set(key, value);
    return value;
  };
  const refuseWhenClosed = (name: string): void => {
    if (isClosed) throw new VppApiError('disconnected', `${name}: the connection has ended`);
  };
  const detailsOf = <Details>(
    answers: readonly { readonly name: string; readonly body: Buffer }[],
    def: MessageDef<Details>,
  ): Details[] => answers.filter(({ name }) => name === def.name).map(({ body }) => decode(def, body));
  const client = {
    epoch: 1,
    vpePid,
    get isClosed() {
      return isClosed;
    },
    closed: new Promise<never>(() => {}),
    version: () => Promise.resolve(VERSION),
    checkMessages: (defs: Iterable<MessageDef<unknown>>) =>
      [...defs]
        .filter(({ name }) => HANDLERS[name] === undefined && SHORT_HANDLERS[name] === undefined)
        .map(({ name }) => ({ message: name, kind: 'missing' })),
    on: () => ({ [Symbol.dispose]: () => {} }),
    request: async <Body, Reply extends { readonly retval: number }>(
      def: RequestDef<Body, Reply>,
      body: Body,
    ): Promise<Reply> => {
      refuseWhenClosed(def.name);
      const request = encode(def, body);
      watcher?.before(def.name, request, state);
      refuseWhenClosed(def.name);
      const reply = once(def.name, request, () => {
        const [answer] = handle(def.name, request);
        if (answer === undefined) throw new Error(`the emulator does not answer ${def.name}`);
        return decode(def.reply, answer.body);
      });
      watcher?.after(def.name, request, reply.retval, state);
      if (reply.retval !== 0) throw retvalError(def.name, reply.retval);
      // As over a socket: the reply comes after what was sent before it.
      return Promise.resolve(reply);
    },
    dump: async <Body, Details>(def: DumpDef<Body, Details>, body: Body): Promise<Details[]> => {
      refuseWhenClosed(def.name);
      const request = encode(def, body);
      return Promise.resolve(
        once(def.name, request, () => detailsOf(handle(def.name, request), def.details)),
      );
    },
    stream: async <Details, Asked extends object>(
      def: StreamDef<Details, Asked>,
      asked: Asked,
    ): Promise<Details[]> => {
      refuseWhenClosed(def.name);
      const request = encode<{ readonly cursor: number } & Asked>(def, { cursor: 0, ...asked });
      return Promise.resolve(
        once(def.name, request, () => {
          const answers = handle(def.name, request);
          const end = answers.find(({ name }) => name === def.reply.name);
          const reply: StreamReply | undefined = end === undefined ? undefined : decode(def.reply, end.body);
          if (reply !== undefined && reply.retval !== 0) throw retvalError(def.name, reply.retval);
          return detailsOf(answers, def.details);
        }),
      );
    },
  };
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the rooms use of a client
    client: client as unknown as VppApiClient,
    state,
    close: () => {
      isClosed = true;
    },
  };
}

/** Whether a request changes nothing in VPP. */
export function isRead(name: string): boolean {
  return /(_get|_dump|_lookup(_v2)?|_get_table|_get_link_local_address|_config_get)$|^(control_ping|nat_get_|nat44_show_|show_)/.test(
    name,
  );
}
