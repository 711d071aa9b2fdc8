// The row of the Overview that says which listener's certificate ends first.
import { useQuery } from "@tanstack/react-query";
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { Text } from "../ui/text";
import { DaysLeft } from "./listeners";
import { certsQuery } from "./state";

export function ExpiryRow() {
  const { data } = useQuery({ ...certsQuery, enabled: useMay("config:read"), refetchInterval: 60_000 });
  const first = data?.listeners
    .flatMap((l) => (l.certificate ? [{ name: l.name, days: l.certificate.days_left }] : []))
    .sort((a, b) => a.days - b.days)[0];
  if (!first) return null;
  return (
    <div className="panel row apart">
      <span>
        The certificate of listener{" "}
        <span className="mono">
          <Text>{first.name}</Text>
        </span>{" "}
        ends first: <DaysLeft days={first.days} />
      </span>
      <Link to="/admin/certificates">Certificates</Link>
    </div>
  );
}
