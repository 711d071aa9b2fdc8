// Rules as they go to the server.
import { api, type Schemas, take } from "../api/client";
import type { RuleBody } from "./rule-form";

// The number of a rule is the server's: it stands in the type, and is not part of a request.
const whole = (body: RuleBody) => body as Schemas["AlertRule"];

export async function createRule(body: RuleBody) {
  return take(api.POST("/ai/rules", { body: whole(body) }));
}

export async function replaceRule(id: number, body: RuleBody) {
  return take(api.PUT("/ai/rules/{id}", { params: { path: { id } }, body: whole(body) }));
}

export async function deleteRule(id: number) {
  return take(api.DELETE("/ai/rules/{id}", { params: { path: { id } } }));
}
