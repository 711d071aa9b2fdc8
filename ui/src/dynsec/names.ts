// What names may be, as the broker and the API have it, so that a field can say so while one types.

const longest = 65_535; // bytes in an MQTT string
const control = /\p{Cc}/u;

// nameProblem says what is wrong with a name that is about to be created, undefined when nothing is.
export function nameProblem(name: string): string | undefined {
  if (name === "") return "A name is needed.";
  if (name === "." || name === "..") return "No address can carry this name.";
  return stringProblem(name);
}

// stringProblem says what is wrong with a string that travels in MQTT.
export function stringProblem(text: string): string | undefined {
  if (control.test(text)) return "Control characters are not allowed.";
  if (new TextEncoder().encode(text).length > longest) return "At most 65 535 bytes.";
  return undefined;
}

// priorityProblem says what is wrong with a priority.
export function priorityProblem(priority: number): string | undefined {
  if (Number.isInteger(priority) && Math.abs(priority) <= 100_000) return undefined;
  return "A whole number between -100000 and 100000.";
}
