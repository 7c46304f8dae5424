/** Merges findings of several roots into one rising sequence without repeats. */
import type { DiscoveredItem } from "./discovered-item.ts";
import { comparePaths } from "./path-order.ts";

interface Head {
  readonly item: DiscoveredItem;
  readonly source: AsyncGenerator<DiscoveredItem>;
}

/** Each source must rise by path. Of findings for one path a file wins, and a named file before any other. */
export async function* mergeByPath(
  sources: readonly AsyncGenerator<DiscoveredItem>[],
): AsyncGenerator<DiscoveredItem> {
  try {
    let heads = await advance(sources);
    for (let least = leastOf(heads); least !== undefined; least = leastOf(heads)) {
      const { path } = least.item;
      const same = heads.filter(({ item }) => item.path === path);
      yield same.map(({ item }) => item).reduce(preferred);
      const others = heads.filter(({ item }) => item.path !== path);
      heads = others.concat(await advance(same.map(({ source }) => source)));
    }
  } finally {
    await Promise.all(sources.map((source) => source.return(undefined)));
  }
}

async function advance(sources: readonly AsyncGenerator<DiscoveredItem>[]): Promise<Head[]> {
  const steps = await Promise.all(sources.map(async (source) => ({ source, step: await source.next() })));
  return steps.flatMap(({ source, step }) => (step.done ? [] : [{ source, item: step.value }]));
}

function leastOf(heads: readonly Head[]): Head | undefined {
  return heads.reduce<Head | undefined>(
    (least, head) =>
      least === undefined || comparePaths(head.item.path, least.item.path) < 0 ? head : least,
    undefined,
  );
}

function preferred(left: DiscoveredItem, right: DiscoveredItem): DiscoveredItem {
  return rank(right) > rank(left) ? right : left;
}

function rank(item: DiscoveredItem): number {
  switch (item.kind) {
    case "file":
      return item.named ? 3 : 2;
    case "unreadable":
      return 1;
    case "ignored":
      return 0;
  }
}
