/** A pooler before a real server: simple queries only, greetings of its own, its server connections given out by the query. */
import { createServer, type Server, type Socket, connect as socketTo } from "node:net";

/** How it pools: one server connection for all clients, or one for each. */
export interface PoolerFixture {
  readonly url: string;
  stop(): Promise<void>;
}

/** A length without a type: only a client's first message. */
const STARTUP_HEADER = 4;
const HEADER = 5;

/** Starts it on a port of its own. */
export async function startPooler(target: string, pools: "session" | "transaction"): Promise<PoolerFixture> {
  const shared = pools === "transaction" ? new ServerConnection(target) : undefined;
  const own = new Set<ServerConnection>();
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    const behind = shared ?? new ServerConnection(target);
    if (shared === undefined) own.add(behind);
    let isGreeted = false;
    let pending = Buffer.alloc(0);
    client.on("error", () => client.destroy());
    client.on("data", (data) => {
      pending = Buffer.concat([pending, data]);
      if (!isGreeted) {
        pending = pending.subarray(pending.readInt32BE(0));
        client.write(greeting());
        isGreeted = true;
      }
      for (let message = takeMessage(pending); message; message = takeMessage(pending)) {
        pending = pending.subarray(message.length);
        if (message.toString("latin1", 0, 1) === "Q")
          void behind.ask(message).then((answer) => client.write(answer));
      }
    });
  });
  const url = new URL(target);
  url.port = String(await portOf(server));
  return {
    url: url.href,
    stop: async () => {
      for (const client of clients) client.destroy();
      for (const each of [...own, ...(shared === undefined ? [] : [shared])]) each.end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One connection to the server, asked one query at a time. */
class ServerConnection {
  readonly #socket: Socket;
  #pending = Buffer.alloc(0);
  #answer: Buffer[] = [];
  #answered: ((answer: Buffer) => void) | undefined;
  #turn: Promise<unknown>;

  constructor(target: string) {
    const { hostname, port, username, pathname } = new URL(target);
    this.#socket = socketTo(Number(port), hostname);
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("data", (data) => this.#heard(data));
    this.#turn = this.#next(startup({ user: decodeURIComponent(username), database: pathname.slice(1) }));
  }

  /** The server's answer, up to its word that it is ready for more. */
  ask(message: Buffer): Promise<Buffer> {
    const answer = this.#turn.then(() => this.#next(message));
    this.#turn = answer;
    return answer;
  }

  end(): void {
    this.#socket.destroy();
  }

  #next(message: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(message);
    });
  }

  #heard(data: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, data]);
    for (let message = takeMessage(this.#pending); message; message = takeMessage(this.#pending)) {
      this.#pending = this.#pending.subarray(message.length);
      this.#answer.push(message);
      if (message.toString("latin1", 0, 1) !== "Z") continue;
      const answer = Buffer.concat(this.#answer);
      this.#answer = [];
      this.#answered?.(answer);
    }
  }
}

/** The first whole message; nothing while it is not all there. */
function takeMessage(bytes: Buffer): Buffer | undefined {
  if (bytes.length < HEADER) return undefined;
  const length = 1 + bytes.readInt32BE(1);
  return bytes.length < length ? undefined : bytes.subarray(0, length);
}

/** Welcome; the number of a process that nobody has; ready. */
function greeting(): Buffer {
  const welcome = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
  const key = Buffer.from([0x4b, 0, 0, 0, 12, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1]);
  const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
  return Buffer.concat([welcome, key, ready]);
}

function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`\0\x03\0\0${text.join("")}\0`, "latin1");
  const header = Buffer.alloc(STARTUP_HEADER);
  header.writeInt32BE(STARTUP_HEADER + body.length);
  return Buffer.concat([header, body]);
}

function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
