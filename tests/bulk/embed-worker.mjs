// Owns one worker of bulk embedding in a process of its own, set up as a program would be: by settings. Its first word is
// JSON, the environment they are read from. It drains on SIGTERM.
import { bulkEmbed } from "@millrace/rag";
import { configuredModels, loadSettings, millrace, openCollections } from "millrace";

const environment = JSON.parse(process.argv[2]);
const settings = await loadSettings({ environment });
const { store, collections } = await openCollections({ settings });
const models = await configuredModels(settings, { environment });
const embed = bulkEmbed({ model: models.get("fake"), collections });
const mr = millrace({ settings, store, jobs: [embed] });
models.keepLimitsIn(mr.limits);
const worker = mr.worker();

process.once("SIGTERM", async () => {
  await worker.stop();
  await mr.close();
  await models.close();
});
