# Makes the manual page of what `aftercare --experimental-dump-help` prints: jq -r -f config/debian/manual.jq
def escaped: gsub("\\\\"; "\\e") | gsub("-"; "\\-") | gsub("^(?<mark>[.'])"; "\\&\(.mark)");
# A blank line begins a paragraph; a short line that another one follows ends where it ends.
def paragraphs:
  split("\n\n") | map(gsub("^(?<line>.{1,60})\n"; "\(.line)\u0001") | escaped | gsub("\u0001"; "\n.br\n")) | join("\n.PP\n");
def names: [.names[] | if .kind == "long" then "--\(.name)" elif .kind == "short" then "-\(.name)" else "-\(.name)" end | escaped] | join(", ");
def arguments:
  [.arguments[]? | select(.shouldDisplay and (.valueName | . != "help" and . != "version"))][]
  | ".TP\n.B " + (if .kind == "positional" then "<\(.valueName | escaped)>" else names + (if .kind == "option" then " <\(.valueName | escaped)>" else "" end) end)
    + "\n" + ((.abstract // "") + (if .defaultValue then " (default: \(.defaultValue))" else "" end) | escaped);
def command($parents):
  ($parents + [.commandName]) as $path
  | ".SS " + ($path | join(" ") | escaped), (.abstract // "" | escaped), (if .discussion then ".PP\n" + (.discussion | paragraphs) else empty end), arguments,
    (.subcommands[]? | select(.shouldDisplay and .commandName != "help") | command($path));
.command
| ".TH AFTERCARE 1 \"\($date)\" \"aftercare \($version)\"",
  ".SH NAME", "aftercare \\- heals Azure VM extensions after a Site Recovery failover",
  ".SH SYNOPSIS", ".B aftercare\n.I command\n[options]",
  ".SH DESCRIPTION", (.discussion // .abstract | paragraphs),
  ".SH COMMANDS", (.subcommands[]? | select(.shouldDisplay and .commandName != "help") | command([])),
  ".SH FILES",
  ".TP\n.I /etc/aftercare/aftercare.yaml\nThe configuration.",
  ".TP\n.I /var/lib/aftercare\nThe journal, for the user aftercare alone.",
  ".TP\n.I /usr/share/doc/aftercare\nThe documentation: begin with docs/install.md, and keep docs/operations.md at hand.",
  ".SH SEE ALSO", ".BR systemctl (1),\n.BR journalctl (1)"
