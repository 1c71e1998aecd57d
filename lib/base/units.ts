// One import for both directions: numbers to text for people, text from people to numbers.
export { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from "./units_format.ts";
export {
  type DurationUnit,
  parseDuration,
  type ParseDurationOptions,
  parseInteger,
  type ParseNumberOptions,
  parseRate,
  parseSize,
} from "./units_parse.ts";
