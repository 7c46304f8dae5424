// Owns the row bulk_embed: texts of an NDJSON file through a model endpoint on loopback into a collection.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createMillrace } from "../../../packages/core/dist/index.js";
import { createPgClient, sqlStore } from "../../../packages/postgres/dist/index.js";
import { bulkEmbed, Models } from "../../../packages/rag/dist/index.js";
import { withServer } from "../collections.mjs";

const ENDPOINT = fileURLToPath(
  new URL("../../../packages/testkit/dist/model-server/main.js", import.meta.url),
);
const ITEMS = 50_000;
const DIMENSIONS = 384;
const SCHEMA = "bench_bulk";

export const bulkEmbedding = {
  key: "bulk_embed",
  title: "bulk_embed against a local fake endpoint",
  unit: "items/s",
  says: `${ITEMS} texts of an NDJSON file, 256 a request, vectors of ${DIMENSIONS} dimensions as base64, into a collection of the server: from
the start of the run to its end. The endpoint is a process of its own on the same two processors.`,
  systems: [
    { name: "PostgreSQL", bar: 5_000, measure: ({ url }) => withEndpoint((origin) => timed(url, origin)) },
  ],
};

async function timed(url, origin) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const file = join(folder, "items.ndjson");
  writeFileSync(file, textsOf(ITEMS));
  const models = new Models({
    bench: { url: `${origin}/v1`, dimensions: DIMENSIONS, maxInputs: 256, concurrency: 8 },
  });
  try {
    return await withServer(url, async (collections) => {
      const batch = bulkEmbed({ model: models.get("bench"), collections });
      const store = sqlStore(createPgClient({ url }), { schema: SCHEMA });
      const mr = createMillrace({ store, jobs: [batch] });
      await mr.open();
      mr.worker();
      const startedMs = performance.now();
      const run = await mr.start(batch, { file, collection: "bench" });
      const { state } = await run.finished();
      const seconds = (performance.now() - startedMs) / 1_000;
      const kept = await collections.count("bench");
      await mr.close();
      if (state !== "completed" || kept !== ITEMS) throw new Error(`${state}: ${kept} of ${ITEMS} are there`);
      return { items: ITEMS, seconds };
    });
  } finally {
    await models.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function textsOf(count) {
  const lines = Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      id: `text-${n}`,
      text: `text number ${n} about mills, channels and the water that drives them`,
    }),
  );
  return `${lines.join("\n")}\n`;
}

async function withEndpoint(work) {
  const child = spawn(process.execPath, [ENDPOINT, "--dimensions", String(DIMENSIONS)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [origin] = await once(createInterface(child.stdout), "line");
    return await work(origin);
  } finally {
    child.kill();
  }
}
