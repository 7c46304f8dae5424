/** What the client and the database's thread say to each other. */
import type { WireValue } from "../encode-value.ts";
import type { SqlFailure } from "../sql-failure.ts";
import type { EngineCode } from "./engine-code.ts";

/** `disk`: a commit is on the disk before its answer. `process`: it survives the process, not the machine. */
export type Durability = "disk" | "process";

/** What the thread is started with. */
export interface ThreadData {
  /** Where the data files are; left out for a database in memory. */
  readonly directory?: string | undefined;
  readonly durability: Durability;
  /** PGlite as another thread compiled it. */
  readonly code?: EngineCode | undefined;
}

/** One thing to do, in order of arrival. */
export type ThreadCall =
  | { readonly kind: "query"; readonly text: string; readonly values: readonly WireValue[] }
  | { readonly kind: "script"; readonly text: string }
  | { readonly kind: "copy"; readonly text: string; readonly chunks: readonly Uint8Array[] }
  | { readonly kind: "close" };

/** A call with the number its answer carries. */
export type ThreadRequest = ThreadCall & { readonly id: number };

/** What a statement gave: values by column, and the command tag (`UPDATE 3`). */
export interface ThreadResult {
  readonly tag: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** What the thread says. `disk-full` comes at once, even when the database then never answers. */
export type ThreadReply =
  | {
      readonly kind: "opened";
      readonly version: string;
      readonly initdbMs?: number | undefined;
      readonly code: EngineCode;
    }
  | { readonly kind: "not-opened"; readonly reason: string; readonly isMissing: boolean }
  | { readonly kind: "disk-full" }
  | { readonly kind: "done"; readonly id: number; readonly result: ThreadResult }
  | { readonly kind: "refused"; readonly id: number; readonly failure: SqlFailure }
  | { readonly kind: "broken"; readonly id: number; readonly reason: string };
