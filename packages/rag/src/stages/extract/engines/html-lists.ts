/** Prints lists of HTML as lists of Markdown: one item under the other, inner lists indented under their item. */
import type TurndownService from "turndown";

/** An element of turndown's DOM, as far as lists ask. */
interface Element {
  readonly nodeName: string;
  readonly parentNode: Element | null;
  getAttribute(name: string): string | null;
}

/** What stands for an element without words: nothing for an item, such as those of menus whose pictures are gone. */
export function blankText(node: unknown): string {
  const { nodeName, isBlock } = node as Element & { readonly isBlock: boolean }; // turndown marks its elements
  return isBlock && nodeName !== "LI" ? "\n\n" : "";
}

/** Adds the rules. */
export function addLists(service: TurndownService): void {
  /** Printed items of each ordered list: they come in their order. */
  const printed = new WeakMap<Element, number>();
  service.addRule("item", {
    filter: "li",
    replacement: (content, node) => {
      const text = content.trim();
      if (text === "") return ""; // pictures that are links are no blanks to turndown
      const marker = markerOf(node as unknown as Element, printed); // of turndown's DOM, which has no types here
      return `${marker}${text.replace(/\n(?=[^\n])/g, `\n${" ".repeat(marker.length)}`)}\n`;
    },
  });
  service.addRule("list", {
    filter: ["ul", "ol"],
    replacement: (content, node) => {
      const items = content.replace(/^\n+/, "").trimEnd();
      const isInner = (node as unknown as Element).parentNode?.nodeName === "LI"; // likewise
      return isInner ? `\n${items}\n` : `\n\n${items}\n\n`;
    },
  });
}

function markerOf({ parentNode }: Element, printed: WeakMap<Element, number>): string {
  if (parentNode?.nodeName !== "OL") return "- ";
  const start = Number(parentNode.getAttribute("start") ?? 1);
  const place = printed.get(parentNode) ?? (Number.isSafeInteger(start) ? start : 1);
  printed.set(parentNode, place + 1);
  return `${place}. `;
}
