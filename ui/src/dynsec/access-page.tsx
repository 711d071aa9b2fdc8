// The page Access check.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Access check" />;
}
