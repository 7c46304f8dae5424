/** What a connection's greeting named: the server's process, and the key with which to have its statement stopped. */
import { connect } from "node:net";
import type { ClientBase } from "pg";

const CANCEL_REQUEST = 80_877_102;
const MESSAGE_BYTES = 16;
const PATIENCE_MS = 2_000;

/** What the driver knows of its connection beyond its published types. */
interface BackendKey {
  readonly processID?: number | null;
  readonly secretKey?: number | null;
  readonly host?: string;
  readonly port?: number;
}

/** The process that greeted this connection; undefined where the driver does not tell. */
export function greeterOf(client: ClientBase): number | undefined {
  // The driver sets it when the server names the connection's process.
  return (client as unknown as BackendKey).processID ?? undefined;
}

/**
 * Sends a cancel request (PostgreSQL manual, 53.2.8) on a connection of its own, also through PgBouncer. Best effort:
 * nothing tells whether it helped, and a server that cannot be reached cannot be asked.
 */
export function cancelStatement(client: ClientBase): void {
  // The driver sets these when the server names the connection's process.
  const { processID, secretKey, host, port } = client as unknown as BackendKey;
  if (!processID || typeof secretKey !== "number" || host === undefined || port === undefined) return;
  const message = Buffer.alloc(MESSAGE_BYTES);
  message.writeInt32BE(MESSAGE_BYTES, 0);
  message.writeInt32BE(CANCEL_REQUEST, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.end(message);
  socket.unref();
}
