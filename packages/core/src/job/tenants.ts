/** Which tenants a program knows, and what becomes of jobs of others. */
import { badOption, refuseUnknownKeys } from "../model/options.ts";

/** What a worker does about tenants; the default tenant is always known. */
export interface TenantOptions {
  /** Asked before each attempt of a tenant's job. Where it throws, the attempt has failed. */
  known(tenant: string): boolean | Promise<boolean>;
  /** `warn` (where left out): the job runs, with a warning. `refuse`: it ends dead, of class permission. */
  readonly unknown?: "warn" | "refuse" | undefined;
}

/** @throws MillraceError `bad-config` naming the option and the bad value. */
export function checkTenants(options: TenantOptions | undefined): TenantOptions | undefined {
  if (options === undefined) return undefined;
  refuseUnknownKeys("createMillrace.tenants", options, ["known", "unknown"]);
  const { known, unknown = "warn" } = options;
  if (typeof known !== "function")
    throw badOption("createMillrace.tenants.known", known, "a function of a tenant");
  if (unknown !== "warn" && unknown !== "refuse") {
    throw badOption("createMillrace.tenants.unknown", unknown, "warn or refuse");
  }
  return options;
}
