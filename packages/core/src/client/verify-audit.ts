/** Reads every tenant's chain and checks it. */
import { CHAIN_START } from "../model/audit.ts";
import { badOption } from "../model/options.ts";
import { AuditCheck, type AuditDamage } from "../store/audit-check.ts";
import type { AuditChain, AuditStore } from "../store/audit-store.ts";

/** A head that was written down earlier; of the empty tenant where none is named. */
export interface KnownHead {
  readonly tenant?: string | undefined;
  /** Where it stood; anywhere where left out. */
  readonly n?: number | undefined;
  readonly hash: string;
}

/** What was found of a tenant's chain. */
export interface ChainVerdict {
  readonly tenant: string;
  readonly isSound: boolean;
  /** Records that were checked. */
  readonly records: number;
  /** Records that have no place yet: nothing is known of them. */
  readonly pending: number;
  /** The last record that retention let go; 0 where none was. A known head before it can no longer be checked. */
  readonly prunedTo: number;
  readonly damages: readonly AuditDamage[];
}

/** What was found of all of them. */
export interface AuditVerdict {
  readonly isSound: boolean;
  readonly chains: readonly ChainVerdict[];
}

/** Rows of one reading. */
const PAGE = 1_000;
/** Records of one pass of chaining. */
const CHAIN_LIMIT = 1_000;
/** So many times a chain is read anew where retention cut its beginning off meanwhile. */
const MOST_READINGS = 5;

/** Chains what is not yet, unless another process is at it. */
export async function chainAll(store: AuditStore): Promise<void> {
  while ((await store.chainAudit({ limit: CHAIN_LIMIT })).chained === CHAIN_LIMIT);
}

/** Checks the chains, against these heads too. @throws MillraceError `bad-config` for a head that is none. */
export async function verifyAudit(
  store: AuditStore,
  options: { readonly heads?: readonly KnownHead[] | undefined; readonly tenant?: string | undefined },
): Promise<AuditVerdict> {
  const heads = (options.heads ?? []).map(checkedHead);
  await chainAll(store);
  const chains = await chainsOf(store, heads);
  const verdicts: ChainVerdict[] = [];
  for (const chain of chains) {
    if (options.tenant !== undefined && chain.tenant !== options.tenant) continue;
    const known = heads.filter(({ tenant }) => tenant === chain.tenant);
    verdicts.push(await verifyChain(store, { chain, known }));
  }
  return { isSound: verdicts.every(({ isSound }) => isSound), chains: verdicts };
}

type CheckedHead = KnownHead & { readonly tenant: string };

function checkedHead({ tenant = "", n, hash }: KnownHead): CheckedHead {
  const isPlace = n === undefined || (Number.isSafeInteger(n) && n >= 0);
  const fits = isPlace && typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash);
  if (!fits) throw badOption("audit.verify.heads", { tenant, n, hash }, "64 hex digits of hash, and n");
  return { tenant, n, hash };
}

/** Those of the store, and an empty one for each known head whose chain is not there any more. */
async function chainsOf(store: AuditStore, heads: readonly CheckedHead[]): Promise<readonly AuditChain[]> {
  const chains = await store.auditChains();
  const there = new Set(chains.map(({ tenant }) => tenant));
  const missing = new Set(heads.map(({ tenant }) => tenant).filter((tenant) => !there.has(tenant)));
  const nowhere = { n: 0, hash: CHAIN_START };
  return [
    ...chains,
    ...[...missing].map((tenant) => ({ tenant, head: nowhere, pruned: nowhere, pending: 0 })),
  ];
}

interface Verifying {
  readonly chain: AuditChain;
  readonly known: readonly CheckedHead[];
}

/** Reads the chain; anew where what retention let go of meanwhile is missing at its beginning. */
async function verifyChain(store: AuditStore, { chain, known }: Verifying): Promise<ChainVerdict> {
  let current = chain;
  for (let reading = 1; ; reading += 1) {
    const check = new AuditCheck(current, known);
    await readChain(store, current, check);
    const [now = current] = await store.auditChains({ tenant: chain.tenant });
    if (now.pruned.n === current.pruned.n || reading === MOST_READINGS) return verdictOf(current, check);
    current = now;
  }
}

async function readChain(store: AuditStore, chain: AuditChain, check: AuditCheck): Promise<void> {
  let after = 0;
  for (;;) {
    const rows = await store.auditChain(chain.tenant, { after, limit: PAGE });
    for (const row of rows) check.add(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.place.n;
  }
}

function verdictOf(chain: AuditChain, check: AuditCheck): ChainVerdict {
  const damages = check.end();
  return {
    tenant: chain.tenant,
    isSound: damages.length === 0,
    records: check.rows,
    pending: chain.pending,
    prunedTo: chain.pruned.n,
    damages,
  };
}
