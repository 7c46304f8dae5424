/** Isolates the members of a list for which all of it is refused, by halves. Pure but for what is tried. */

/** A part that was refused: one member, or more where the refusal says nothing of single members. */
export interface Refused<Member> {
  readonly members: readonly Member[];
  readonly error: unknown;
}

/** How parts are tried. */
export interface Tries<Member> {
  /** Resolves where the part is accepted; rejects where nothing of it is. */
  attempt(part: readonly Member[]): Promise<void>;
  /** Whether the refused part, where it has several members, is to be tried in halves. What it throws ends it all. */
  splits(error: unknown, part: readonly Member[]): boolean;
}

/**
 * Tries the whole list, then halves of whatever is refused, first half first, so that what is accepted is accepted in
 * order. Of n members of which b are refused wherever they are, at most 2·b·⌈log₂ n⌉ + 1 parts are tried. A refusal
 * that comes of two members together, such as a duplicate in one statement, is found to be no one's.
 */
export async function bisect<Member>(
  members: readonly Member[],
  tries: Tries<Member>,
): Promise<readonly Refused<Member>[]> {
  try {
    await tries.attempt(members);
    return [];
  } catch (error) {
    if (!tries.splits(error, members) || members.length === 1) return [{ members, error }];
  }
  const middle = Math.ceil(members.length / 2);
  const first = await bisect(members.slice(0, middle), tries);
  return [...first, ...(await bisect(members.slice(middle), tries))];
}
