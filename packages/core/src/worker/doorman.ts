/** Looks at whose job it is before it runs. */
import type { TenantOptions } from "../job/tenants.ts";
import { ClassedError } from "../model/errors.ts";
import type { ClaimedJob } from "../model/job.ts";
import type { Logger } from "../runtime/logger.ts";

/** Most tenants whose warning is remembered. */
const MAX_WARNED = 1_000;

/** Lets jobs of known tenants run, and warns of others or refuses them. */
export class Doorman {
  readonly #tenants: TenantOptions;
  readonly #logger: Logger;
  readonly #warned = new Set<string>();

  constructor(tenants: TenantOptions, logger: Logger) {
    this.#tenants = tenants;
    this.#logger = logger;
  }

  /** @throws ClassedError of class permission for a tenant that is refused, or what `known` throws. */
  async admit({ tenant }: ClaimedJob): Promise<void> {
    if (tenant === "" || (await this.#tenants.known(tenant))) return;
    if (this.#tenants.unknown === "refuse") {
      const message = `tenant "${tenant}" is not known: its jobs are refused; replay them once it is`;
      throw new ClassedError("permission", "unknown-tenant", message);
    }
    this.#warn(tenant);
  }

  /** Once for each tenant, or a tenant's many jobs would hide everything else. */
  #warn(tenant: string): void {
    if (this.#warned.has(tenant)) return;
    if (this.#warned.size >= MAX_WARNED) this.#warned.clear();
    this.#warned.add(tenant);
    this.#logger.warn(`tenant "${tenant}" is not known: its jobs run all the same`, { tenant });
  }
}
