/** What tests of endpoints' embedders share: a model server, and an embedder that speaks to it. */
import { EndpointEmbedder, type EndpointOptions, memoryHolds } from "@millrace/rag";
import { type ModelFault, ModelServer, type ModelServerOptions } from "@millrace/testkit/model-server";
import { onTestFinished } from "vitest";

/** A signal that is never aborted. */
export const { signal }: AbortController = new AbortController();

/** A server, its embedder, and where the embedder keeps what it was told of limits. */
export interface Scene {
  readonly server: ModelServer;
  readonly embedder: EndpointEmbedder;
  readonly holds: ReturnType<typeof memoryHolds>;
}

/** All of that, until the test has ended. */
export async function scene(
  options: Partial<EndpointOptions> & { readonly path?: string } = {},
  serverOptions: ModelServerOptions = {},
): Promise<Scene> {
  const { path = "/v1", ...rest } = options;
  const server = await ModelServer.start(serverOptions);
  const holds = memoryHolds();
  const given = { url: `${server.origin}${path}`, dimensions: server.dimensions, ...rest };
  const embedder = new EndpointEmbedder("m", given, { holds });
  onTestFinished(async () => {
    await embedder.close();
    await server.stop();
  });
  return { server, embedder, holds };
}

/** So many texts, all different. */
export const texts = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `text ${index}`);
/** A fault, again and again. */
export const times = (count: number, fault: ModelFault): ModelFault[] =>
  Array.from({ length: count }, () => fault);
