/** Writes outputs as lines of JSON. */
import { checkJson } from "../../model/json.ts";
import { badOption } from "../../model/options.ts";
import { type FileWriter, fileWriter } from "./file-writer.ts";

/**
 * A writer of a file with one output a line, as JSON. Chunks write parts beside the file, in `<path>.parts`, and a step
 * behind puts them together: see {@link mergeParts}, which also says what is guaranteed. An output JSON cannot hold
 * exactly fails its item alone.
 * @throws MillraceError `bad-config`.
 */
export function ndjsonWriter<Output = unknown>(path: string): FileWriter<Output> {
  if (typeof path !== "string" || path === "")
    throw badOption("ndjsonWriter.path", path, "the path of a file");
  return fileWriter<Output>(path, {
    head: "",
    record: (output) => {
      checkJson(output, "the output");
      return `${JSON.stringify(output)}\n`;
    },
  });
}
