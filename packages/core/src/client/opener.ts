/** Opening a store once, when it is first needed. */
import type { Actor } from "../model/actor.ts";
import { MillraceError } from "../model/errors.ts";
import { badOption } from "../model/options.ts";
import type { Store, StoreInfo } from "../store/store.ts";

/** `auto`: bring the schema up to date at opening. `check`: refuse one that is not. `off`: leave it as it is. */
export type MigrateMode = "auto" | "check" | "off";

const MODES: readonly unknown[] = ["auto", "check", "off"];

/** What is opened, and how. */
export interface OpenerOptions {
  readonly store: Store;
  readonly migrate: MigrateMode;
  /** Whom the audit names where the schema is brought up to date. */
  readonly actor: Actor;
  /** What else must be done before the store is used. */
  prepare(): Promise<void>;
}

/** Opens a store on first use; concurrent callers share the attempt, a failed one is made again by the next. */
export class Opener {
  readonly #store: Store;
  readonly #migrate: MigrateMode;
  readonly #actor: Actor;
  readonly #prepare: () => Promise<void>;
  #opening: Promise<StoreInfo> | undefined;
  /** Of the store once it is open: a schema that could not be looked at is no reason to open it twice. */
  #info: StoreInfo | undefined;

  constructor({ store, migrate, actor, prepare }: OpenerOptions) {
    if (!MODES.includes(migrate)) throw badOption("createMillrace.migrate", migrate, MODES.join(", "));
    this.#store = store;
    this.#migrate = migrate;
    this.#actor = actor;
    this.#prepare = prepare;
  }

  open(): Promise<StoreInfo> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Closes what was opened, if anything was. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    if (this.#info !== undefined) await this.#store.close();
  }

  async #open(): Promise<StoreInfo> {
    this.#info ??= await this.#store.open();
    if (this.#migrate === "auto") await this.#store.migrate({ note: { actor: this.#actor } });
    if (this.#migrate === "check") await this.#check();
    await this.#prepare();
    return this.#info;
  }

  async #check(): Promise<void> {
    const pending = await this.#store.migrate({ dryRun: true });
    if (pending.length === 0) return;
    this.#info = undefined;
    await this.#store.close();
    throw new MillraceError(
      "schema-mismatch",
      `the store's schema lacks ${pending.join(", ")}: open it once with migrate "auto"`,
      { details: { pending } },
    );
  }
}
