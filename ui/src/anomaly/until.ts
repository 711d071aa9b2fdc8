// Until when something is being worked on: the quick choices.
export const quick = [
  { value: "1h", label: "1 h" },
  { value: "4h", label: "4 h" },
  { value: "morning", label: "Tomorrow morning" },
  { value: "other", label: "Other" },
] as const;

export type Quick = (typeof quick)[number]["value"];

const morning = 8; // o'clock, on the reader's clock

// untilOf is the time of a quick choice; that of "other" is what was typed, empty while it is none.
export function untilOf(choice: Quick, now: number, typed = ""): string {
  switch (choice) {
    case "1h":
      return new Date(now + 3_600_000).toISOString();
    case "4h":
      return new Date(now + 4 * 3_600_000).toISOString();
    case "morning": {
      const day = new Date(now);
      day.setDate(day.getDate() + 1);
      day.setHours(morning, 0, 0, 0);
      return day.toISOString();
    }
    default: {
      const ms = Date.parse(typed);
      return Number.isNaN(ms) ? "" : new Date(ms).toISOString();
    }
  }
}
