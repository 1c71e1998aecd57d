/**
 * Writes the pages that are made from the program: `deno task docs`.
 *
 * @module
 */
import { diagnosesPage } from "./diagnoses_page.ts";

await Deno.writeTextFile("docs/diagnoses.md", diagnosesPage());
const formatted = await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", "docs/diagnoses.md"] })
  .output();
if (!formatted.success) Deno.exit(1);
