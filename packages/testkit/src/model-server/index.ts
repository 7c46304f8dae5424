/** The fake model server. */
export { fakeVector } from "./fake-vector.ts";
export { type ModelFault, tooManyRequests } from "./model-fault.ts";
export { ModelServer, type ModelServerOptions } from "./model-server.ts";
