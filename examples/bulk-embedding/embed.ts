import { bulkEmbed } from "@millrace/rag";
import { configuredModels, loadSettings, millrace, openCollections, type SettingSources } from "millrace";

/** Embeds a file of items, one a line, with a configured model; gives what became of them. */
export async function embedFile(file: string, model: string, sources: SettingSources = {}) {
  const settings = await loadSettings(sources);
  const home = await openCollections({ settings });
  const models = await configuredModels(settings, { environment: sources.environment });
  const embed = bulkEmbed({ model: models.get(model), collections: home.collections });
  const mr = millrace({ settings, store: home.store, jobs: [embed] });
  models.keepLimitsIn(mr.limits); // whatever an endpoint says of its limits, every process on the store heeds
  try {
    mr.worker();
    const run = await mr.start(embed, { file }, { priority: "bulk" });
    const { state, counters } = await run.finished();
    return { state, items: counters["items"] };
  } finally {
    await mr.close();
    await models.close();
  }
}
