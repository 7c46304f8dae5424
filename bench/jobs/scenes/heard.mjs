// Owns waiting for a word of a child process.

/** Resolves with its next message. */
export function heard(child) {
  return new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`the worker process ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
}
