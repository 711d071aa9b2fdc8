// The page About.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="About" />;
}
