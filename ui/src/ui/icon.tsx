// The few pictures beside words: strokes of one weight on a grid of 24.
const paths = {
  overview: "M4 13h6V4H4zM14 20h6V4h-6zM4 20h6v-3H4z",
  anomaly: "M3 13h4l2-3 3 9 3-15 2 9h4",
  clients:
    "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21c0-4 3-6 7-6s7 2 7 6M16 3.500a4 4 0 0 1 0 7.500M18 15c2.500.600 4 2.500 4 6",
  roles: "M12 3l8 3v6c0 5-3.500 8-8 9-4.500-1-8-4-8-9V6zM9 12l2 2 4-4",
  groups: "M4 6h16v12H4zM4 10h16M9 10v8",
  doctor: "M6 3v6a4 4 0 0 0 8 0V3M4 3h4M12 3h4M10 13v3a5 5 0 0 0 10 0v-3M20 13a2 2 0 1 0 0-4 2 2 0 0 0 0 4",
  check: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5M8 11l2 2 4-4",
  sessions: "M5 12a10 10 0 0 1 14 0M8 15a6 6 0 0 1 8 0M12 19h.01M2 8.500a14 14 0 0 1 20 0",
  events: "M4 6h2M4 12h2M4 18h2M9 6h11M9 12h11M9 18h7",
  topics: "M5 3v18M5 7h8M5 13h12M5 19h8M13 5h6v4h-6zM17 11h3v4h-3z",
  log: "M5 3h10l4 4v14H5zM9 12h6M9 16h6M9 8h3",
  settings:
    "M4 7h10M18 7h2M4 17h2M10 17h10M16 7m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0M8 17m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
  config: "M6 3h9l4 4v14H6zM15 3v4h4M9 12l-1 3 1 3M16 12l1 3-1 3M13.500 11l-2 8",
  certificate:
    "M4 4h16v11h-5M4 4v11h5M8 8h8M12 20a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM10.500 19.500V23l1.500-1 1.500 1v-3.500",
  backup: "M4 4h16v5H4zM5 9v11h14V9M9 13h6M12 4v5",
  users: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 3-6 8-6s8 2 8 6",
  audit: "M8 4h8v3H8zM6 5H4v16h16V5h-2M8 13l2 2 5-5",
  about: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01",
  api: "M8 7l-5 5 5 5M16 7l5 5-5 5M14 4l-4 16",
  menu: "M4 6h16M4 12h16M4 18h16",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  down: "M6 9l6 6 6-6",
  right: "M9 6l6 6-6 6",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500L19 19M5 19l1.500-1.500M17.500 6.500L19 5",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  good: "M5 12l5 5 9-10",
  notice: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01",
  warning: "M12 3L2 20h20zM12 10v4M12 17h.01",
  bad: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 9l6 6M15 9l-6 6",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
