/** A fake embeddings server on loopback: OpenAI's, TEI's and Ollama's shapes, true to the text, with faults on demand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fakeVector } from "./fake-vector.ts";
import { type FaultChoice, FaultSource } from "./fault-source.ts";
import type { ModelFault } from "./model-fault.ts";
import { type ModelRefusal, RequestLimits, type ServerLimits } from "./server-limits.ts";
import { ServerRecord } from "./server-record.ts";
import { answerText, type Question, questionOf, shapeOfPath } from "./wire-answer.ts";

/** How a fake model server is set up. */
export interface ModelServerOptions extends ServerLimits, FaultChoice {
  /** Components of each vector; 8 where left out. */
  readonly dimensions?: number | undefined;
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** `asked`, the default: base64 where the request asks for it; else always this. */
  readonly encoding?: "asked" | "float" | "base64" | undefined;
  /** Every answer takes at least so long. */
  readonly delayMs?: number | undefined;
}

/** A running server. Its {@link ServerRecord} tells what came in over the wire. */
export class ModelServer extends ServerRecord {
  readonly #server: Server;
  readonly #options: ModelServerOptions;
  readonly #faults: FaultSource;
  readonly #limits: RequestLimits;

  private constructor(options: ModelServerOptions) {
    super();
    this.#options = options;
    this.#faults = new FaultSource(options);
    this.#limits = new RequestLimits(options);
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on("connection", (socket) => this.connected(socket));
  }

  /** Starts one; it listens when this resolves. */
  static async start(options: ModelServerOptions = {}): Promise<ModelServer> {
    const server = new ModelServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once("error", reject);
      server.#server.listen(options.port ?? 0, "127.0.0.1", resolve);
    });
    return server;
  }

  get dimensions(): number {
    return this.#options.dimensions ?? 8;
  }

  /** `http://127.0.0.1:<port>`, without a path. */
  get origin(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on a port
    return `http://127.0.0.1:${port}`;
  }

  /** The vector it answers this text with. */
  vectorOf(text: string): Float32Array {
    return fakeVector(text, this.dimensions);
  }

  /** The next requests get these faults, one each, `undefined` a good answer; then it goes on as it was set up. */
  next(...faults: readonly (ModelFault | undefined)[]): void {
    this.#faults.next(faults);
  }

  /** From now on every request gets this fault; `undefined` ends that. */
  always(fault: ModelFault | undefined): void {
    this.#faults.always(fault);
  }

  /** Closes every connection and stops. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = this.began(response);
    try {
      const body = await bodyOf(request);
      const shape = shapeOfPath(request.url ?? "");
      const question = shape === undefined ? undefined : questionOf(shape, body);
      seen.asked({ path: request.url ?? "", question, authorization: request.headers.authorization });
      if (this.#options.delayMs !== undefined) await pause(this.#options.delayMs);
      if (shape === undefined) return refuse(response, { status: 404, message: "no such path" });
      if (question === undefined) return refuse(response, { status: 400, message: "no such request" });
      await this.#answer(question, response);
    } catch {
      response.destroy(); // the client is gone in the middle of its request
    }
  }

  async #answer(question: Question, response: ServerResponse): Promise<void> {
    const fault = this.#faults.take();
    if (fault?.kind === "silent") return;
    if (fault?.kind === "slow") await pause(fault.ms);
    if (fault?.kind === "drop" && fault.when === "before") {
      this.drop(response);
      return;
    }
    if (fault?.kind === "status") {
      const { status, headers, message = "told to refuse" } = fault;
      return refuse(response, { status, message, headers });
    }
    const { refusal, headers } = this.#limits.judge(question);
    if (refusal !== undefined) return refuse(response, { ...refusal, headers });
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    this.#send(question, fault, response);
  }

  #send(question: Question, fault: ModelFault | undefined, response: ServerResponse): void {
    const { encoding = "asked" } = this.#options;
    const base64 = encoding === "asked" ? question.wantsBase64 : encoding === "base64";
    const text = answerText(question, this.#vectors(question, fault), { base64, fault });
    response.setHeader("content-type", "application/json");
    if (fault?.kind === "unparseable") return void response.end("<html>upstream is busy</html>");
    if (fault?.kind === "truncated") return void response.end(text.slice(0, text.length / 2));
    if (fault?.kind === "drop") {
      response.setHeader("content-length", Buffer.byteLength(text));
      response.write(text.slice(0, text.length / 2), () => this.drop(response));
      return;
    }
    response.end(text);
    const isSound = fault === undefined || fault.kind === "slow" || fault.kind === "shuffled";
    if (isSound && !response.destroyed) this.answered(question.texts);
  }

  #vectors(question: Question, fault: ModelFault | undefined): readonly Float32Array[] {
    const dimensions = this.dimensions + (fault?.kind === "dimension" ? fault.by : 0);
    const vectors = question.texts.map((text) => fakeVector(text, dimensions));
    if (fault?.kind === "not-a-number") vectors[0]?.fill(Number.NaN, 0, 1);
    if (fault?.kind !== "count") return vectors;
    const more = Array.from({ length: Math.max(0, fault.by) }, () => fakeVector("more", dimensions));
    return [...vectors.slice(0, fault.by < 0 ? fault.by : vectors.length), ...more];
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // a request without an encoding yields buffers
  return Buffer.concat(parts).toString("utf8");
}

function refuse(response: ServerResponse, refusal: ModelRefusal): void {
  const { status, message, headers = {} } = refusal;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message, type: "invalid_request_error" } }));
}
