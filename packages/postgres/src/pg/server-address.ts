/** Which server and database a pool speaks to, without its password. */
import { MillraceError } from "@millrace/core";

/** `host:port/database` of a PostgreSQL URL. @throws MillraceError `bad-config`; the URL, which may hold a password, is not shown. */
export function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new MillraceError(
      "bad-config",
      "The store's URL is not a PostgreSQL URL. Write postgres://user:password@host:5432/database.",
    );
  }
  const host = parsed.searchParams.get("host") ?? (decodeURIComponent(parsed.hostname) || "localhost");
  const port = parsed.searchParams.get("port") ?? (parsed.port || "5432");
  return `${host}:${port}/${decodeURIComponent(parsed.pathname.slice(1)) || decodeURIComponent(parsed.username)}`;
}
