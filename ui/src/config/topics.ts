// By topic is how one looks for a setting; the catalogue has them by key.

export const topics = [
  "Who gets in",
  "Messages and queues",
  "What is kept",
  "Connections",
  "Log",
  "Encryption",
  "Plugins and files",
  "Other",
] as const;

export type Topic = (typeof topics)[number];

const rules: [RegExp, Topic][] = [
  [
    /^(allow_anonymous|password_file|acl_file|psk_file|auto_id_prefix|allow_zero_length_clientid|clientid_prefixes|per_listener_settings|check_retain_source|enable_control_api|use_.*)$/,
    "Who gets in",
  ],
  [/^(persist|retained_persistence|autosave|retain_expiry)/, "What is kept"],
  [/^(log_|connection_messages|websockets_log_level|sys_interval)/, "Log"],
  [
    /^(cafile|capath|certfile|keyfile|ciphers|crlfile|dhparamfile|tls_|psk_hint|require_certificate|disable_client_cert)/,
    "Encryption",
  ],
  [/^(plugin|auth_plugin|global_plugin|include_dir|pid_file|user$)/, "Plugins and files"],
  [
    /^(max_inflight|max_queued|queue_|max_packet|message_size|memory_limit|retain_|retry_|upgrade_|allow_duplicate)/,
    "Messages and queues",
  ],
  [
    /^(max_keepalive|global_max|set_tcp|websockets_|packet_buffer|port$|bind_|max_connections|socket_domain|listener)/,
    "Connections",
  ],
];

// topicOf finds where a setting of the whole broker stands.
export function topicOf(key: string): Topic {
  return rules.find(([pattern]) => pattern.test(key))?.[1] ?? "Other";
}

// fits says whether a setting is looked for: every word has to stand in its key, its help or its value.
export function fits(search: string, ...texts: (string | undefined)[]): boolean {
  const all = texts.join(" ").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word) || all.replaceAll("_", " ").includes(word));
}
