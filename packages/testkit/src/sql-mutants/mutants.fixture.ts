/** The SQL's rules, each broken once: what the statement says, and what the mutant makes of it. */
import type { Rewrite } from "./rewriting-client.fixture.ts";

/** One broken rule. */
export interface SqlMutant {
  /** The rule as broken. */
  readonly name: string;
  readonly rewrite: Rewrite;
  /** The kept sequence that tells, for a rule which random sequences seldom meet; left out for any other. */
  readonly fixture?: string | undefined;
  /** Whose random sequences tell soon, for a rule which few of them meet; any seed will do in the end. */
  readonly seed?: number | undefined;
}

/** Replaces every occurrence in the statement of this name; its first line says it, with the folder. */
function inStatement(verb: string, from: string | RegExp, to: string): Rewrite {
  return (text) => (text.split("\n", 1)[0]?.endsWith(`/${verb}`) ? text.replaceAll(from, to) : text);
}

const NOW = /"\w+"\.store_now\(\)/g;

/** Told from the rule by the answers and rows of a single client, whatever the timing. */
export const ANSWER_MUTANTS: readonly SqlMutant[] = [
  {
    name: "save checks no token",
    rewrite: inStatement("fence", "j.token = s.token", "(j.token = s.token or true)"),
    seed: 1,
  },
  {
    name: "settle goes by the id only",
    rewrite: inStatement("end", "j.token = s.token", "(j.token = s.token or true)"),
    seed: 5,
  },
  {
    name: "what is to be tried again goes by the id only",
    rewrite: inStatement("requeue", "j.token = s.token", "(j.token = s.token or true)"),
  },
  {
    name: "what waits for children goes by the id only",
    rewrite: inStatement("suspend", "j.token = s.token", "(j.token = s.token or true)"),
    fixture: "a-stale-token-parks-no-job-behind-children",
  },
  {
    name: "save does not return what it wrote",
    rewrite: inStatement("fence", /returning j\.id::text\n$/g, ""),
  },
  {
    name: "settle returns what was sent, not what was held",
    rewrite: inStatement("requeue", "select id::text from u", "select id::text from s"),
  },
  {
    name: "a lease runs on another clock",
    rewrite: inStatement("extend", NOW, "clock_timestamp()"),
    fixture: "a-lease-is-prolonged-by-the-clock-of-the-store",
  },
  { name: "a lease is over by another clock", rewrite: inStatement("rescue", NOW, "clock_timestamp()") },
  { name: "jobs are due by another clock", rewrite: inStatement("claim", NOW, "clock_timestamp()") },
  {
    name: "a retried job keeps its settled token to itself",
    rewrite: inStatement("requeue", "settled = j.token,", ""),
  },
  {
    name: "completing goes by the id only",
    rewrite: inStatement("complete", "j.token = s.token", "(j.token = s.token or true)"),
    seed: 8,
  },
  {
    name: "completing does not say whose child it was",
    rewrite: inStatement("complete", "filter (where parent is not null)", "filter (where false)"),
    seed: 3,
  },
  {
    name: "completing does not look whether the job was cancelled",
    rewrite: inStatement("complete", " and not j.cancelling", ""),
  },
  {
    name: "completing lets nobody of its ordering key go",
    rewrite: inStatement("complete", "filter (where ordering_key is not null)", "filter (where false)"),
    seed: 15,
  },
  {
    name: "an end does not say whose child it was",
    rewrite: inStatement("end", "'parent', parent", "'parent', null"),
  },
  {
    name: "every child that ends wakes the parent again",
    rewrite: inStatement("wake", "waiting = f.waiting and c.verdict = 0", "waiting = f.waiting"),
    fixture: "a-parent-is-woken-once",
  },
  {
    name: "a parent that does not wait is woken",
    rewrite: inStatement("wake", "when k.waiting then", "when true then"),
    fixture: "a-parent-that-runs-is-not-woken",
  },
  {
    name: "a write without progress forgets it",
    rewrite: inStatement("fence", "coalesce(k.progress, j.progress)", "k.progress"),
  },
  {
    name: "a re-sent settlement is another worker's",
    rewrite: inStatement("classify", /j\.settled::text/g, "'0'"),
  },
  {
    name: "a rescued job is nobody's suspect",
    rewrite: inStatement("rescue", "suspect = k.kind = 'rescued'", "suspect = false"),
  },
  {
    name: "a settlement does not look whether the job was cancelled",
    rewrite: inStatement("end", "when j.cancelling then 'cancelled'", "when false then 'cancelled'"),
  },
  {
    name: "a cancelled job is tried again",
    rewrite: inStatement("requeue", " and not j.cancelling", ""),
  },
  {
    name: "a rescue does not look whether the job was cancelled",
    rewrite: inStatement("rescue", "when j.cancelling then 'cancelled'", "when false then 'cancelled'"),
  },
  {
    name: "a cancelled parent's children are forgotten",
    rewrite: inStatement("cancel", "select id from k where held", "select id from k where false"),
  },
  {
    name: "a job of another class is counted in its old one too",
    rewrite: inStatement("reprioritise", "values (k.class, -1), ", "values "),
  },
  {
    name: "a job of the class already is said to have been moved to it",
    rewrite: inStatement("reprioritise", "then 'unchanged'", "then 'changed'"),
  },
  {
    name: "jobs behind others keep their class",
    rewrite: inStatement("reprioritise", "j.state = 2 and", "false and"),
  },
  {
    name: "a replayed parent does not count its live children",
    rewrite: inStatement(
      "recount",
      "where j.parent = any($1::uuid[])",
      "where false and j.parent = any($1::uuid[])",
    ),
    seed: 8,
  },
  {
    name: "a replayed child is not counted by its parent",
    rewrite: inStatement("rejoin", "f.pending + s.children as pending", "f.pending as pending"),
    seed: 2,
  },
  { name: "suspects are claimed in company", rewrite: inStatement("claim", "and not j.suspect", "") },
  { name: "tokens are drawn anew from one", rewrite: inStatement("claim", /nextval\('[^']+'\)/g, "1") },
  {
    name: "expired jobs are claimed",
    rewrite: inStatement("claim", /and \(j\.expires_at is null or [^\n]+\)\n/g, "\n"),
  },
  {
    name: "paused queues are claimed from",
    rewrite: inStatement("claim", "where p.paused", "where false"),
    seed: 3,
  },
  {
    name: "a claimed job keeps its key for the queue",
    rewrite: inStatement("claim", "j.key_queued", "false"),
  },
  { name: "kept keys are forgotten", rewrite: inStatement("enqueue", "k.until > ", "k.until < "), seed: 7 },
  {
    name: "a job of an ordering key waits for nobody",
    rewrite: inStatement("promote", "h.ordering_key = k.key and h.state <> 2", "false"),
  },
  {
    name: "an end lets nobody of its ordering key go",
    rewrite: inStatement("end", "filter (where ordering_key is not null)", "filter (where false)"),
    seed: 16,
  },
  {
    name: "a parent that dies of its children lets nobody of its ordering key go",
    rewrite: inStatement(
      "wake",
      "parent::text, ordering_key from",
      "parent::text, null::text as ordering_key from",
    ),
    fixture: "a-parent-dead-of-its-children-lets-the-next-in-line-go",
  },
  {
    name: "a parent that died of its children counts nowhere",
    rewrite: inStatement("wake", "tenant, parent::text,", "tenant, null::text as parent,"),
    fixture: "a-parent-dead-of-its-children-counts-for-its-own",
  },
  {
    name: "a cancel lets nobody of its ordering key go",
    rewrite: inStatement("cancel", "g.ordering_key\nfrom", "null::text as ordering_key\nfrom"),
    fixture: "a-cancelled-job-lets-the-next-in-line-go",
  },
  {
    name: "a page takes effect under any turn",
    rewrite: inStatement("held", "o.turn = $2", "(o.turn = $2 or true)"),
    fixture: "an-operation-goes-page-by-page",
  },
  {
    name: "a page that is out is given to others too",
    rewrite: inStatement(
      "lend",
      /due_at = [^\n]+\n/g,
      "due_at = due_at + 0 * $2::double precision * interval '1 s'\n",
    ),
    fixture: "an-operation-goes-page-by-page",
  },
  {
    name: "what was there later is an operation's too",
    rewrite: inStatement("members", "w.at <= o.began and", "(w.at <= o.began or true) and"),
    fixture: "an-operation-goes-page-by-page",
  },
  {
    name: "an envelope that comes with a replay is forgotten",
    rewrite: inStatement("replay", "coalesce(v.env, l.env)", "l.env"),
    fixture: "an-operation-goes-page-by-page",
  },
  {
    name: "a group's sample is its first",
    rewrite: inStatement("groups", "order by d.finished_at desc, d.id desc", "order by d.finished_at, d.id"),
    fixture: "an-operation-goes-page-by-page",
  },
  {
    name: "jobs in line cannot be hastened",
    rewrite: inStatement("hasten", "j.state in (0, 2)", "j.state = 0"),
    fixture: "a-job-in-line-is-made-due",
  },
  {
    name: "each pass chains to the beginning",
    rewrite: inStatement("chain", "coalesce(h.hash, decode", "coalesce(null, decode"),
  },
  {
    name: "places do not follow the order of writing",
    rewrite: inStatement("chain", "order by u.seq)", "order by u.seq desc)"),
  },
  {
    name: "nobody hears of the dead",
    rewrite: inStatement("end", "filter (where ended = 'dead')", "filter (where false)"),
  },
  {
    name: "a cancel is written down for no tenant",
    rewrite: inStatement("cancel", "k.id::text, k.tenant,", "k.id::text, '' as tenant,"),
  },
  {
    name: "explain counts higher classes that are not due",
    rewrite: inStatement("explain", "and o.run_at <= t.now\n", "\n"),
  },
  {
    name: "a later hold shortens the one in force",
    rewrite: inStatement("put", "or excluded.until > h.until", "or true"),
  },
  { name: "a limit is held by another clock", rewrite: inStatement("put", NOW, "clock_timestamp()") },
  { name: "a limit is never let go", rewrite: inStatement("put", 'where s."for" = 0', "where false") },
  {
    name: "why a job was put off is not kept",
    rewrite: inStatement("requeue", "snooze_note = k.note,", "snooze_note = null,"),
  },
  {
    name: "explain says of a suspect why it was put off before",
    rewrite: inStatement("explain", "not j.suspect and (j.snooze_note", "(j.snooze_note"),
  },
  {
    name: "a replaced job was put off for the one it was before",
    rewrite: inStatement("replace", "snooze_note = null,", ""),
    fixture: "a-replaced-job-is-not-put-off",
  },
  {
    name: "a worker's word runs out by another clock",
    rewrite: inStatement("register", NOW, "clock_timestamp()"),
  },
  {
    name: "a changed schedule keeps its revision",
    rewrite: inStatement("change", "revision = s.revision + 1", "revision = s.revision"),
  },
  {
    name: "a paused schedule fires",
    rewrite: inStatement("lock", "(not s.paused and ", "("),
  },
  {
    name: "a step began when it first did, however often it has begun",
    rewrite: inStatement(
      "mark",
      "case when t.starts = excluded.starts then t.started_at end",
      "t.started_at",
    ),
    fixture: "a-run-is-swept-and-restarted-once",
  },
  {
    name: "a cancelled run's pending steps are still to come",
    rewrite: inStatement("strand", `t.state = 'pending' and s."to" = 'cancelled'`, "false"),
    fixture: "a-run-is-swept-and-restarted-once",
  },
  {
    name: "a sweep looks at coordinators alone",
    rewrite: (text) => text.replaceAll("is distinct from r.id", "is distinct from gen_random_uuid()"), // in two statements
    fixture: "a-run-is-swept-and-restarted-once",
  },
  {
    name: "a restart that is sent again takes place again",
    rewrite: inStatement("move", "and not k.again", ""),
    fixture: "a-run-is-swept-and-restarted-once",
  },
  {
    name: "a restarted run keeps what it had failed of",
    rewrite: inStatement(
      "move",
      "case when $9::uuid is null then coalesce($6, r.error) else $6 end",
      "coalesce($6, r.error)",
    ),
    fixture: "a-run-is-swept-and-restarted-once",
  },
  {
    name: "a run is removed under its live jobs",
    rewrite: inStatement(
      "remove",
      / and not exists \(select 1 from "\w+"\.job j where j\.run = l\.id\)/g,
      "",
    ),
    fixture: "finished-runs-are-forgotten",
  },
  {
    name: "an active run is removed",
    rewrite: inStatement("remove", "l.finished_at is not null and", ""),
    fixture: "finished-runs-are-forgotten",
  },
  {
    name: "a clean-up of runs does not look at live jobs",
    rewrite: inStatement(
      "clean-up",
      /and not exists \(select 1 from "\w+"\.job j where j\.run = r\.id\)/g,
      "",
    ),
    fixture: "finished-runs-are-forgotten",
  },
  {
    name: "a clean-up of runs goes by when they were opened",
    rewrite: inStatement("clean-up", "order by t.finished_at, t.id", "order by t.id"),
    fixture: "finished-runs-are-forgotten",
  },
  {
    name: "a clean-up of runs never says that there are more",
    rewrite: inStatement("older", "where r.finished_at", "where false and r.finished_at"),
    fixture: "finished-runs-are-forgotten",
  },
  {
    name: "what is left of a removed run is shown",
    rewrite: inStatement(
      "find",
      /\(select d\.run from "\w+"\.removed_run d where d\.run = \$1::uuid\) is null/g,
      "true",
    ),
    fixture: "finished-runs-are-forgotten",
  },
  {
    name: "the unfinished chunks of a cancelled run are forgotten",
    rewrite: inStatement("clean-up", /or \(h\.parent is not null and exists \(/g, "or (false and exists ("),
    fixture: "unfinished-chunks-of-a-cancelled-run-stay",
  },
  {
    name: "an item forgets its text when it is tried again",
    rewrite: inStatement("replace", "item = s.item,", "item = null,"),
    fixture: "a-run-is-swept-and-restarted-once",
  },
  {
    name: "a fire does not look when the schedule was due",
    rewrite: inStatement("lock", /and "\w+"\.ms\(s\.next_fire\) = f\.due/g, ""),
  },
];
