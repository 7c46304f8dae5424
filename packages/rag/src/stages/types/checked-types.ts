/** Checks the types a program brings along. */
import { MillraceError } from "@millrace/core";
import type { DocumentType } from "../../ports/document-type.ts";

/** The types as they are. @throws MillraceError `bad-config` naming the type and what is wrong with it. */
export function checkedTypes(types: readonly DocumentType[]): readonly DocumentType[] {
  for (const type of types) {
    const wrong = faultOf(type);
    if (wrong === undefined) continue;
    const format = String(type.format);
    throw new MillraceError("bad-config", `document type "${format}" is refused: ${wrong}`, {
      details: { format },
    });
  }
  return types;
}

/** Values come from programs without types, too. */
function faultOf({ format, extensions, version, magic, extract }: DocumentType): string | undefined {
  const isName = typeof format === "string" && /^[a-z][\w.-]*$/.test(format);
  const bad = extensions.find((extension) => !/^\.[^./\sA-Z]+$/.test(extension));
  const rules: readonly (readonly [boolean, string])[] = [
    [isName, "its format must be a name such as eml"],
    [bad === undefined, `"${bad}" must be an extension in lower case, such as .eml`],
    [typeof version === "string" && version !== "", "it must have a version"],
    [typeof magic?.refuse === "function", "its magic must have a refuse function"],
    [typeof extract === "function", "it must have an extract function"],
  ];
  return rules.find(([holds]) => !holds)?.[1];
}
