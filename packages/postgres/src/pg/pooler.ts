/** Telling a server from a pooler before it, and what a client says of one. */

/** What one connection says of where it leads, as statement: the process that runs it. */
export const BACKEND = "pg_backend_pid() as backend";

/**
 * Whether something between us and the server hands statements on: a connection's greeting then names another process than
 * the one that runs its statements (PgBouncer makes a number up for each of its clients). `greeted` is undefined where the
 * driver does not tell.
 */
export function isPooled(greeted: number | undefined, backend: number | undefined): boolean {
  return greeted !== undefined && backend !== undefined && greeted !== backend;
}

/** What is left out behind a pooler. */
export interface Pooled {
  readonly isNaming: boolean;
  readonly isHearing: boolean;
}

/** One line for people; `undefined` where nothing is left out. */
export function pooledNotice(where: string, { isNaming, isHearing }: Pooled): string | undefined {
  const left = [
    ...(isNaming ? [] : ["statements are sent whole each time, none is kept by name"]),
    ...(isHearing
      ? []
      : ["idle workers poll: name the server itself in store.directUrl to have them told of jobs"]),
  ];
  return left.length === 0
    ? undefined
    : `The store at ${where} is reached through a pooler: ${left.join("; ")}.`;
}

/** One line for people: a pooler that its greeting did not give away. */
export function namesGivenUp(where: string): string {
  return `The store at ${where} does not keep statements by name, as behind a pooler: from now on they are sent whole.`;
}
