// Owns what private servers share: a free port, a guard that outlives whoever started them, and ending by pid.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

const STOP_MS = 15_000;

/** A loopback port nobody listens on; another process may still take it first. */
export function findFreePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Whether a child process was started and has not ended. */
export function isRunning(child) {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/**
 * A shell that waits for its input to close, which happens however the process that started the server ends. Then it
 * sends `signal` to the server, if `pidFile` still names it, and removes `folder`.
 */
export function startGuard({ pid, pidFile, signal, folder }) {
  const script = `cat >/dev/null; [ "$(head -n 1 "$2" 2>/dev/null)" = "$1" ] && kill -"$3" "$1"
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" 2>/dev/null || break; sleep 0.5; done; rm -rf "$4"`;
  const guard = spawn("sh", ["-c", script, "guard", String(pid), pidFile, signal, folder], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.unref();
  guard.stdin.unref();
  return guard;
}

/** Sends `signal` and waits for the end; past the deadline the process is killed. */
export async function endProcess(child, signal) {
  if (!isRunning(child)) return;
  child.ref();
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}
