/** The models of a program, by name: each is made when it is first asked for, and all are closed together. */
import { MillraceError } from "@millrace/core";
import { memoryHolds } from "../adapters/memory-holds.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Holds } from "../ports/holds.ts";
import { checkedEmbedder } from "../stages/embed/checked-embedder.ts";
import { EndpointEmbedder, type EndpointPorts } from "./endpoint-embedder.ts";
import type { EndpointOptions } from "./endpoint-options.ts";
import { type ItemEmbedder, itemEmbedder } from "./item-embedder.ts";

/** What a program knows of a model: where it answers, or an embedder of its own. */
export type ModelSource = EndpointOptions | Embedder;

/** Models by name. Safe to share: there is one set of connections for each endpoint. */
export class Models {
  readonly #sources: ReadonlyMap<string, ModelSource>;
  readonly #ports: EndpointPorts;
  /** Where limits are kept from now on: endpoints ask through this. */
  #holds: Holds;
  readonly #made = new Map<string, ItemEmbedder>();
  readonly #endpoints = new Map<string, EndpointEmbedder>();

  constructor(sources: Readonly<Record<string, ModelSource>>, ports: EndpointPorts = {}) {
    this.#sources = new Map(Object.entries(sources));
    this.#holds = ports.holds ?? memoryHolds(ports.timing);
    this.#ports = {
      ...ports,
      holds: {
        left: (key) => this.#holds.left(key),
        hold: (key, ms, reason) => this.#holds.hold(key, ms, reason),
      },
    };
  }

  /** Every name there is, in order. */
  get names(): readonly string[] {
    return [...this.#sources.keys()].sort();
  }

  /** The model of this name. @throws MillraceError `not-found` naming those there are; `bad-config` for bad options. */
  get(name: string): ItemEmbedder {
    const made = this.#made.get(name);
    if (made !== undefined) return made;
    const source = this.#sources.get(name);
    if (source === undefined) throw unknownModel(name, this.names);
    const model = "embed" in source ? itemEmbedder(source) : this.#endpoint(name, source);
    this.#made.set(name, model);
    return model;
  }

  /** The same model for whole calls, as searching makes them: a vector for each text, or an error. @throws as `get` */
  embedder(name: string): Embedder {
    const source = this.#sources.get(name);
    if (source === undefined) throw unknownModel(name, this.names);
    return "embed" in source ? checkedEmbedder(source) : this.#endpoint(name, source);
  }

  /** Keeps what endpoints say of their limits there: `keepLimitsIn(mr.limits)` has every process on the store heed it. */
  keepLimitsIn(holds: Holds): void {
    this.#holds = holds;
  }

  /** Cuts what is under way and closes every connection. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.close()));
  }

  #endpoint(name: string, options: EndpointOptions): EndpointEmbedder {
    const made = this.#endpoints.get(name);
    if (made !== undefined) return made;
    const endpoint = new EndpointEmbedder(name, options, this.#ports);
    this.#endpoints.set(name, endpoint);
    return endpoint;
  }
}

function unknownModel(name: string, known: readonly string[]): MillraceError {
  const there = known.length === 0 ? "none is configured" : `there are ${known.join(", ")}`;
  return new MillraceError(
    "not-found",
    `there is no model "${name}": ${there}; configure it as models.${name}`,
    {
      details: { model: name, known },
    },
  );
}
