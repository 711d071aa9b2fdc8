// What roles usually are. A template is a beginning: its rules are shown and can be changed before anything is made.
import type { ACL, ACLType } from "./acl";

export interface Template {
  id: string;
  title: string;
  about: string;
  asks: boolean; // for the topic below which the role works
  rules: (below: string) => ACL[];
}

function allow(acltype: ACLType, topic: string): ACL {
  return { acltype, topic, priority: 0, allow: true };
}

const send = (topic: string) => [allow("publishClientSend", topic)];

// Listening is three things to the broker: to subscribe, to be delivered, and to stop.
const listen = (topic: string) => [
  allow("subscribePattern", topic),
  allow("publishClientReceive", topic),
  allow("unsubscribePattern", topic),
];

// ownTopics are the rules of a client that may do everything below a topic of its own.
export function ownTopics(below: string): ACL[] {
  return [...send(`${below}/#`), ...listen(`${below}/#`)];
}

export const templates: Template[] = [
  {
    id: "sensor",
    title: "Sensor",
    about: "Publishes below one topic and hears nothing.",
    asks: true,
    rules: (below) => send(`${below}/#`),
  },
  {
    id: "device",
    title: "Device with commands",
    about: "Publishes its state below one topic and hears the commands there.",
    asks: true,
    rules: (below) => [...send(`${below}/#`), ...listen(`${below}/cmd/#`)],
  },
  {
    id: "reader",
    title: "Reader",
    about: "Hears everything below one topic and publishes nothing.",
    asks: true,
    rules: (below) => listen(`${below}/#`),
  },
  {
    id: "dashboard",
    title: "Dashboard",
    about: "Hears everything, the broker's own figures included, and publishes nothing.",
    asks: false,
    rules: () => [...listen("#"), ...listen("$SYS/#")],
  },
  {
    id: "home-assistant",
    title: "Home Assistant",
    about: "Hears everything and publishes everything: discovery, states and commands.",
    asks: false,
    rules: () => [...send("homeassistant/#"), ...send("#"), ...listen("#")],
  },
  {
    id: "everything",
    title: "Everything",
    about: "May publish and hear every topic, but not control the broker.",
    asks: false,
    rules: () => [...send("#"), ...listen("#")],
  },
  { id: "empty", title: "Empty", about: "No rules yet.", asks: false, rules: () => [] },
];

// usualTopic is below what devices publish: on a broker that knows %u each below a level of its own.
export function usualTopic(modern: boolean): string {
  return modern ? "devices/%u" : "devices";
}
