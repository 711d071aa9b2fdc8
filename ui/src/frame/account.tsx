// Who is signed in, the theme, and the way out.
import { api } from "../api/client";
import { Button } from "../ui/button";
import { Menu } from "../ui/menu";
import { visible } from "../ui/text";
import { toastProblem } from "../ui/toast";
import { useGo } from "./link";
import { useMe } from "./session";
import { isDark, setTheme, useTheme } from "./theme";

export function Account() {
  const me = useMe();
  const go = useGo();
  const theme = useTheme();
  const signOut = async () => {
    try {
      await api.POST("/auth/sign-out");
    } catch (thrown) {
      toastProblem(thrown);
      return;
    }
    // A new page remembers nothing of who was here.
    location.assign(document.baseURI);
  };
  if (!me) return null;
  return (
    <>
      <Button
        look="plain"
        icon={isDark() ? "sun" : "moon"}
        aria-label={isDark() ? "Light theme" : "Dark theme"}
        onClick={() => setTheme(isDark() ? "light" : "dark")}
      />
      <Menu
        button={
          <Button look="plain" icon="users" aria-label={`Account: ${visible(me.username)}`}>
            <span className="not-phone">{visible(me.username)}</span>
          </Button>
        }
        items={[
          { label: `${visible(me.username)}, ${me.role}`, onSelect: () => go("/account") },
          "line",
          { label: "My account", onSelect: () => go("/account") },
          { label: `Theme: as the system${theme === "system" ? " ✓" : ""}`, onSelect: () => setTheme("system") },
          "line",
          { label: "Sign out", onSelect: () => void signOut() },
        ]}
      />
    </>
  );
}
