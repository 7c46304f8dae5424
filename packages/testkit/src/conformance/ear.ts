/** An idle worker's ear on the store of a rule: what it says, and the offers it hears. */
import type { ListenOptions, Offer, Opening } from "@millrace/core";
import { NAME, QUEUE } from "./builders.ts";
import type { Scene } from "./scene.ts";

/** How long the lease of an offer lasts in these rules. */
export const OFFER_MS = 2_000;
/** The worker that listens. */
export const IDLE_WORKER = "idle";

/** What an ear has heard. */
export interface Ear {
  /** Says that the worker is idle and may be offered what is given; one plain job of the usual kind where left out. */
  says(given?: Partial<Opening>): Promise<number>;
  /** Resolves with the next offer that was not given out before. */
  offer(): Promise<Offer>;
}

/** Plays with an ear that listens, and stops it in the end. */
export async function listening(scene: Scene, play: (ear: Ear) => Promise<void>): Promise<void> {
  const heard = newHeard();
  const ear = scene.store.capabilities.signals?.listen({ worker: IDLE_WORKER, ...heard.events });
  if (ear === undefined) throw new Error("the store has no signals");
  try {
    await heard.woken;
    await play({
      says: (given = {}) =>
        ear.idle([{ queue: QUEUE, max: 1, names: [NAME], ...given }], { forMs: 600_000, offerMs: OFFER_MS }),
      offer: heard.offer,
    });
  } finally {
    await ear.stop();
  }
}

function newHeard() {
  const offers: Offer[] = [];
  let wake: () => void = () => undefined;
  let tell: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const events: Omit<ListenOptions, "worker"> = {
    onWake: () => wake(),
    onOffer: (offer) => {
      offers.push(offer);
      tell();
    },
    onError: (error) => {
      throw error;
    },
  };
  const offer = async (): Promise<Offer> => {
    for (let next = offers.shift(); ; next = offers.shift()) {
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => {
        tell = resolve;
      });
    }
  };
  return { events, woken, offer };
}
