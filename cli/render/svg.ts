/** What a text may not hold inside of an SVG: markup, and characters that XML 1.0 knows in no form. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[&<>"'\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as it stands inside of an element or an attribute. */
export function escapeXml(text: string): string {
  return text.replaceAll(UNSAFE, (character) => ENTITIES[character] ?? "\ufffd");
}

/** An element; a number is written with two digits behind the point at most. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${escapeXml(typeof value === "number" ? `${Math.round(value * 100) / 100}` : value)}"`
  ).join("");
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join("")}</${name}>`;
}

/** A line of text. */
export function textElement(
  x: number,
  y: number,
  text: string,
  attributes: Readonly<Record<string, string | number>> = {},
): string {
  return element("text", { x, y, ...attributes }, escapeXml(text));
}
