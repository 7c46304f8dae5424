/** The configured models, as things that embed; keys are read from the environment here, and nowhere else. */
import { MillraceError, withoutUndefined } from "@millrace/core";
import type { EndpointOptions, EndpointPorts, Models } from "@millrace/rag";
import type { ModelOptions } from "./config/model-settings.ts";
import type { Settings } from "./config/settings.ts";

/** What {@link configuredModels} works with. */
export interface ConfiguredModelsOptions extends EndpointPorts {
  /** Where `apiKeyEnv` is looked up; that of the process where left out. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * The models of the settings. With `holds: mr.limits`, whatever an endpoint says of its limits holds for every process on
 * the store. Nothing is connected, and no key is read, before a model is used; close them with the program.
 * @throws MillraceError `bad-config` for a model without `url` or `dimensions`; when it is first used, also for a variable
 * that is not set.
 */
export async function configuredModels(
  settings: Pick<Settings, "models">,
  { environment = process.env, ...ports }: ConfiguredModelsOptions = {},
): Promise<Models> {
  const { Models, hashLexicalV1 } = await import("@millrace/rag");
  const own = hashLexicalV1();
  const configured = Object.entries(settings.models()).map(([name, options]) => [
    name,
    endpointOptions(name, options, environment),
  ]);
  return new Models({ [own.model]: own, ...Object.fromEntries(configured) }, ports);
}

function endpointOptions(
  name: string,
  { apiKeyEnv, url, dimensions, ...rest }: ModelOptions,
  environment: Readonly<Record<string, string | undefined>>,
): EndpointOptions {
  const missing = url === undefined ? "url" : dimensions === undefined ? "dimensions" : undefined;
  if (url === undefined || dimensions === undefined) {
    throw new MillraceError(
      "bad-config",
      `models.${name} has no ${missing}; every model needs url and dimensions`,
      {
        details: { key: `models.${name}.${missing}` },
      },
    );
  }
  const options = { url, dimensions, ...withoutUndefined(rest) };
  return apiKeyEnv === undefined
    ? options
    : { ...options, apiKey: () => keyIn(environment, name, apiKeyEnv) };
}

function keyIn(
  environment: Readonly<Record<string, string | undefined>>,
  model: string,
  variable: string,
): string {
  const key = environment[variable];
  if (key !== undefined && key !== "") return key;
  throw new MillraceError(
    "bad-config",
    `the key of model ${model} is missing: models.${model}.apiKeyEnv names ${variable}, which is not set`,
    { details: { key: `models.${model}.apiKeyEnv`, variable } },
  );
}
