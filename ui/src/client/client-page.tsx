// The page Client.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Client" />;
}
