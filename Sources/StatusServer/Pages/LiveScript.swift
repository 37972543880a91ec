/// Keeps a page as it is now: an event makes it load itself anew and put the new content in the place of the old, so
/// that the page that is shown is always one that the server has made.
enum LiveScript {
  static let text = """
    "use strict";
    (() => {
      const note = document.getElementById("live");
      let pending = null, running = false, again = false, held = false;
      // Under a finger nothing changes: half a click on what is gone would be none.
      addEventListener("pointerdown", () => { held = true; });
      for (const end of ["pointerup", "pointercancel"]) {
        addEventListener(end, () => setTimeout(() => { held = false; if (again) later(); }, 50));
      }
      async function refresh() {
        if (running || held) { again = true; return; }
        running = true;
        try {
          const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.getElementById("main");
          if (held) {
            again = true;
          } else if (answer.ok && fresh) {
            const main = document.getElementById("main");
            const open = [...main.querySelectorAll("details[open]")].map((d) => d.id);
            const at = main.contains(document.activeElement) ? document.activeElement : null;
            const name = at && ["href", "aria-label"].find((attribute) => at.hasAttribute(attribute));
            const focus = name && `[${name}="${CSS.escape(at.getAttribute(name))}"]`;
            const nth = focus ? [...main.querySelectorAll(focus)].indexOf(at) : 0;
            main.replaceChildren(...fresh.childNodes);
            open.filter(Boolean).forEach((id) => { const d = document.getElementById(id); if (d) d.open = true; });
            if (focus) main.querySelectorAll(focus)[nth]?.focus({ preventScroll: true });
            note.textContent = "live, as of " + new Date().toISOString().slice(11, 19) + " UTC";
          }
        } catch { note.textContent = "the daemon does not answer; this is what it said last"; }
        running = false;
        if (again && !held) { again = false; later(); }
      }
      function later() { if (!pending) pending = setTimeout(() => { pending = null; refresh(); }, 200); }
      const events = new EventSource("/api/v1/events/stream");
      events.addEventListener("told", later);
      events.onopen = () => { note.textContent = "live"; later(); };
      events.onerror = () => { note.textContent = "the daemon does not answer; this is what it said last"; };
      setInterval(later, 15000);
    })();

    """
}
