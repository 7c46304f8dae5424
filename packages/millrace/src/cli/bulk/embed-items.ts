/** The work of the commands `embed` and `insert`. */
import { BULK_STEPS, bulkEmbed, bulkInsert } from "@millrace/rag";
import { configuredModels } from "../../models.ts";
import { collectionName } from "../option-values.ts";
import type { Shell } from "../shell.ts";
import { type BulkFlags, itemsFile, workInBulk } from "./bulk-command.ts";
import { itemsReport } from "./bulk-report.ts";
import { toldHolds } from "./model-holds.ts";
import { toldTrouble } from "./model-trouble.ts";

/** Flags of `embed`. */
export interface EmbedFlags extends BulkFlags {
  readonly model: string;
  readonly collection?: string;
}

/** Flags of `insert`. */
export interface InsertFlags extends BulkFlags {
  readonly collection: string;
  readonly model?: string;
}

/** Embeds a file's items with a configured model. @throws MillraceError `not-found` naming the models there are */
export async function embedItems(shell: Shell, items: string, flags: EmbedFlags): Promise<number> {
  const models = await configuredModels(shell.settings);
  try {
    const model = models.get(flags.model);
    const file = await itemsFile(shell, items);
    const collection = collectionName(flags.collection ?? model.collection);
    return await workInBulk(shell, flags, async ({ mr, home: { collections } }, trouble) => {
      models.keepLimitsIn(toldHolds(mr.limits, shell.terminal));
      await collections.ensure({ name: collection, model: model.model, dimensions: model.dimensions });
      const told = toldTrouble(model, {
        terminal: shell.terminal,
        onNone: (error) => trouble.end(error),
      });
      const batch = bulkEmbed({ model: told, collections });
      return { ...into(collection), verb: "embed", batch, params: { file, collection } };
    });
  } finally {
    await models.close();
  }
}

/** Puts a file's vectors into a collection. */
export async function insertItems(shell: Shell, items: string, flags: InsertFlags): Promise<number> {
  const { model } = flags;
  const file = await itemsFile(shell, items);
  const collection = collectionName(flags.collection);
  return workInBulk(shell, flags, async ({ home: { collections } }) => {
    const shape = model === undefined ? undefined : await collections.shape(collection);
    if (model !== undefined && shape !== undefined) {
      await collections.ensure({ name: collection, model, dimensions: shape.dimensions }); // before a run is made of it
    }
    const params = { file, collection, ...(model === undefined ? {} : { model }) };
    return { ...into(collection), verb: "insert", batch: bulkInsert({ collections }), params };
  });
}

function into(collection: string) {
  return { step: BULK_STEPS.items, report: itemsReport(collection) };
}
