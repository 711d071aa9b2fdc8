// The page My account.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="My account" />;
}
