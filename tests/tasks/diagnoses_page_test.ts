import assert from "node:assert/strict";
import { CODES } from "../../cli/codes.ts";
import { diagnosesPage } from "../../tasks/diagnoses_page.ts";
import { ROOT } from "../support/command.ts";

/** The words of a page, whatever the formatter did to its lines. */
function words(text: string): readonly string[] {
  return text.split(/\s+/).map((word) => word.replaceAll(/^[*-]$/g, "")).filter((word) => word !== "");
}

Deno.test("docs/diagnoses.md says what the program says (deno task docs)", async () => {
  const page = await Deno.readTextFile(`${ROOT}/docs/diagnoses.md`);
  assert.deepEqual(words(page), words(diagnosesPage()));
});

Deno.test("docs/diagnoses.md has a section for each code", async () => {
  const page = await Deno.readTextFile(`${ROOT}/docs/diagnoses.md`);
  const sections = [...page.matchAll(/^### `(.*)`$/gm)].map(([, code]) => code);
  assert.deepEqual(sections.toSorted(), CODES.toSorted());
});
