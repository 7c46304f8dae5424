/** A store whose calls pass through other hands: for counting, holding up or failing them. */
import type { Store, TransactionCapability } from "../store/store.ts";

/** What of a store can be intercepted: all its verbs but `close`, and running a transaction. */
export type StoreVerb = Exclude<keyof Store, "capabilities" | "close"> | "transaction";

/** A call on its way to the store. */
export interface StoreCall {
  readonly verb: StoreVerb;
  readonly args: readonly unknown[];
}

/** Makes the call, or does something else; what it gives or throws is the caller's. */
export type Intercept = <T>(call: StoreCall, make: () => Promise<T>) => Promise<T>;

/** The store as those see it whose calls are intercepted. */
export function interceptedStore(store: Store, intercept: Intercept): Store {
  const verbs = Object.entries(store).flatMap(([name, inner]) => {
    if (typeof inner !== "function" || name === "close") return [];
    const verb = name as StoreVerb; // a function of a Store
    const make = inner as (...args: unknown[]) => Promise<unknown>; // one shape for all verbs
    return [[verb, (...args: unknown[]) => intercept({ verb, args }, () => make(...args))] as const];
  });
  const { transactions } = store.capabilities;
  const capabilities = {
    ...store.capabilities,
    ...(transactions === undefined ? {} : { transactions: intercepted(transactions, intercept) }),
  };
  return { ...store, ...Object.fromEntries(verbs), capabilities };
}

function intercepted(transactions: TransactionCapability, intercept: Intercept): TransactionCapability {
  return {
    ...transactions,
    run: (work, options) =>
      intercept({ verb: "transaction", args: [work, options] }, () => transactions.run(work, options)),
  };
}
