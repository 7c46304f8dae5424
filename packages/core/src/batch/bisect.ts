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
  /** How many of its first members are then tried alone, before the halves of the others; none where left out. */
  alone?(error: unknown): number;
}

/**
 * Tries the whole list, then halves of whatever is refused, first half first, so that what is accepted is accepted in
 * order. Of n members of which b are refused wherever they are, at most 2·b·⌈log₂ n⌉ + 1 parts are tried, those aside that are tried alone. A refusal
 * that comes of two members together, such as a duplicate in one statement, is found to be no one's.
 */
export async function bisect<Member>(
  members: readonly Member[],
  tries: Tries<Member>,
): Promise<readonly Refused<Member>[]> {
  let alone = 0;
  try {
    await tries.attempt(members);
    return [];
  } catch (error) {
    if (!tries.splits(error, members) || members.length === 1) return [{ members, error }];
    alone = tries.alone?.(error) ?? 0;
  }
  const refused: Refused<Member>[] = [];
  for (const part of partsOf(members, alone)) refused.push(...(await bisect(part, tries)));
  return refused;
}

function partsOf<Member>(members: readonly Member[], alone: number): readonly (readonly Member[])[] {
  const others = members.slice(alone);
  const middle = Math.ceil(others.length / 2);
  const parts = [others.slice(0, middle), others.slice(middle)].filter(({ length }) => length > 0);
  return [...members.slice(0, alone).map((member) => [member]), ...parts];
}
