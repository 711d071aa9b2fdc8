// Rules in plain words.
import { Text } from "../ui/text";
import { type ACL, inOrder, saying } from "./acl";

export function RuleSentence({ acl }: { acl: Pick<ACL, "acltype" | "topic" | "allow"> }) {
  const { verb, topic } = saying(acl);
  return (
    <>
      {verb}
      {topic && (
        <>
          {" "}
          <code>{<Text>{topic}</Text>}</code>
        </>
      )}
    </>
  );
}

// RulesInWords says everything that a role allows and denies, what decides first in front.
export function RulesInWords({ acls, who = "Whoever carries this role" }: { acls: ACL[]; who?: string }) {
  if (acls.length === 0) return <p className="quiet">{who} gets nothing from it: it has no rules.</p>;
  return (
    <div>
      <p>{who}</p>
      <ul className="rules-in-words">
        {inOrder(acls).map((acl) => (
          <li key={`${acl.acltype} ${acl.topic}`}>
            <RuleSentence acl={acl} />
          </li>
        ))}
      </ul>
      <p className="quiet small">Where no rule fits, the default access decides.</p>
    </div>
  );
}
