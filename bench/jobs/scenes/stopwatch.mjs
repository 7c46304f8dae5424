// Owns what a measured stretch of work costs: its seconds, and processor time of this process and of the server.
import { serverCpuSeconds } from "../server-cpu.mjs";

/** Runs `work`; gives `{seconds, nodeCpu, serverCpu}`, the last only where there is a server. */
export async function timed(postmaster, work) {
  const serverBefore = postmaster === undefined ? 0 : serverCpuSeconds(postmaster);
  const nodeBefore = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(nodeBefore);
  const serverCpu = postmaster === undefined ? undefined : serverCpuSeconds(postmaster) - serverBefore;
  return { seconds, nodeCpu: (user + system) / 1e6, serverCpu };
}
