/** What everything that works on the runs of one pipeline in one process shares. */
import type { MemoryWatch } from "../../runtime/memory-watch.ts";
import type { OnError } from "../../runtime/service.ts";
import type { Timing } from "../../runtime/timers.ts";
import type { Store } from "../../store/store.ts";
import type { PipelineDefinition } from "../pipeline/pipeline-definition.ts";
import type { OpenReaders } from "../steps/open-readers.ts";
import type { RunLooks } from "./run-looks.ts";

/** Made once per pipeline and process. */
export interface RunParts {
  readonly definition: PipelineDefinition;
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  readonly memory: MemoryWatch;
  readonly looks: RunLooks;
  readonly readers: OpenReaders;
}
