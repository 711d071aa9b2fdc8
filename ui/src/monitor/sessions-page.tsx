// The page Sessions.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Sessions" />;
}
