/** Opening a store once, when it is first needed. */
import { MillraceError } from "../model/errors.ts";
import { badOption } from "../model/options.ts";
import type { Store, StoreInfo } from "../store/store.ts";

/** `auto`: bring the schema up to date at opening. `check`: refuse one that is not. `off`: leave it as it is. */
export type MigrateMode = "auto" | "check" | "off";

const MODES: readonly unknown[] = ["auto", "check", "off"];

/** Opens a store on first use; concurrent callers share the attempt, a failed one is made again by the next. */
export class Opener {
  readonly #store: Store;
  readonly #migrate: MigrateMode;
  readonly #prepare: () => Promise<void>;
  #opening: Promise<StoreInfo> | undefined;
  /** Of the store once it is open: a schema that could not be looked at is no reason to open it twice. */
  #info: StoreInfo | undefined;

  /** `prepare` is what else must be done before the store is used. */
  constructor(store: Store, migrate: MigrateMode, prepare: () => Promise<void> = async () => undefined) {
    if (!MODES.includes(migrate)) throw badOption("createMillrace.migrate", migrate, MODES.join(", "));
    this.#store = store;
    this.#migrate = migrate;
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
    if (this.#migrate === "auto") await this.#store.migrate();
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
