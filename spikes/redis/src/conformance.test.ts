/** The chapters of the port that the spike is for. */
import {
  claimRules,
  conformance,
  forkRules,
  saveRules,
  settleFenceRules,
  settleRules,
} from "@millrace/testkit";
import { redisHome } from "./redis-home.ts";

conformance(redisHome("spike"), [claimRules, saveRules, settleRules, settleFenceRules, forkRules]);
