// The table of pages: where each stands, what it is called, who may see it, and the key that leads there.
import type { ComponentType } from "react";
import type { IconName } from "../ui/icon";
import type { Permission } from "./session";

type Load = () => Promise<{ Page: ComponentType }>;

export interface PageEntry {
  path: string;
  load: Load;
  title?: string; // in the rail and the palette; pages of one thing have none
  icon?: IconName;
  group?: string; // heading in the rail
  key?: string; // behind g
  may?: Permission;
  words?: string; // by which the palette finds it besides its title
}

export const pages: PageEntry[] = [
  {
    path: "/",
    title: "Overview",
    icon: "overview",
    key: "o",
    may: "monitor:read",
    load: () => import("../monitor/overview-page"),
    words: "dashboard home charts",
  },
  {
    path: "/anomalies",
    title: "Anomalies",
    icon: "anomaly",
    key: "a",
    may: "anomaly:read",
    load: () => import("../anomaly/anomalies-page"),
    words: "alerts strange unusual alarm rules maintenance notifications channels series",
  },
  { path: "/anomalies/alerts/$id", load: () => import("../anomaly/alert-page"), may: "anomaly:read" },
  { path: "/anomalies/series", load: () => import("../anomaly/series-page"), may: "anomaly:read" },
  {
    path: "/clients",
    title: "Clients",
    icon: "clients",
    group: "Access",
    key: "c",
    may: "dynsec:read",
    load: () => import("../dynsec/clients-page"),
    words: "accounts users devices",
  },
  { path: "/clients/$id", load: () => import("../client/client-page"), may: "dynsec:read" },
  {
    path: "/roles",
    title: "Roles",
    icon: "roles",
    key: "r",
    may: "dynsec:read",
    load: () => import("../dynsec/roles-page"),
    words: "acl permissions topics",
  },
  { path: "/roles/$id", load: () => import("../dynsec/role-page"), may: "dynsec:read" },
  { path: "/groups", title: "Groups", icon: "groups", may: "dynsec:read", load: () => import("../dynsec/groups-page") },
  { path: "/groups/$id", load: () => import("../dynsec/group-page"), may: "dynsec:read" },
  {
    path: "/access",
    title: "Access check",
    icon: "check",
    key: "p",
    may: "dynsec:read",
    load: () => import("../dynsec/access-page"),
    words: "why denied may acl default access",
  },
  {
    path: "/doctor",
    title: "Doctor",
    icon: "doctor",
    key: "d",
    may: "config:read",
    load: () => import("../config/doctor-page"),
    words: "connect connection test fails refused tls certificate diagnose why",
  },
  {
    path: "/sessions",
    title: "Sessions",
    icon: "sessions",
    group: "Activity",
    key: "s",
    may: "monitor:read",
    load: () => import("../monitor/sessions-page"),
    words: "connected connections",
  },
  {
    path: "/events",
    title: "Events",
    icon: "events",
    key: "e",
    may: "clientlogs:read",
    load: () => import("../clientlogs/events-page"),
    words: "history disconnect refused denied timeline",
  },
  {
    path: "/topics",
    title: "Topics",
    icon: "topics",
    key: "t",
    may: "monitor:read",
    load: () => import("../monitor/topics-page"),
    words: "publish retained watch messages payload",
  },
  {
    path: "/log",
    title: "Broker log",
    icon: "log",
    key: "l",
    may: "clientlogs:read",
    load: () => import("../monitor/log-page"),
    words: "mosquitto",
  },
  {
    path: "/admin/broker",
    title: "Broker",
    icon: "settings",
    group: "Settings",
    key: "b",
    may: "monitor:read",
    load: () => import("../system/broker-page"),
    words: "api key observation retention publish events settings",
  },
  {
    path: "/admin/config",
    title: "Configuration",
    icon: "config",
    key: "f",
    may: "config:read",
    load: () => import("../config/config-page"),
    words: "mosquitto.conf settings listener bridge tls restart reload versions roll back dynamic security file",
  },
  {
    path: "/admin/certificates",
    title: "Certificates",
    icon: "certificate",
    may: "config:read",
    load: () => import("../certs/certificates-page"),
    words: "tls ssl mqtts 8883 authority ca encrypt listener client certificate mtls revoke qr",
  },
  {
    path: "/admin/backups",
    title: "Backups",
    icon: "backup",
    may: "system:admin",
    load: () => import("../backup/backups-page"),
    words: "backup restore archive download snapshot nightly disaster",
  },
  {
    path: "/admin/users",
    title: "Users",
    icon: "users",
    may: "users:admin",
    load: () => import("../auth/users-page"),
    words: "people accounts passwords roles",
  },
  {
    path: "/admin/audit",
    title: "Audit",
    icon: "audit",
    may: "audit:read",
    load: () => import("../audit/audit-page"),
    words: "who changed what",
  },
  {
    path: "/account",
    title: "My account",
    icon: "users",
    may: "account:self",
    load: () => import("../auth/account-page"),
    words: "password sessions theme sign out",
  },
  {
    path: "/about",
    title: "About",
    icon: "about",
    may: "system:read",
    load: () => import("../system/about-page"),
    words: "version health diagnostics memory",
  },
];
