#!/bin/sh
# Puts the draft beside this script into Jianying (剪映) or CapCut: sh install.sh [FOLDER OF DRAFTS]
# It copies "draft", writes this computer's paths into it, and adds it to the app's list after a copy of that list.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)

fail() { printf 'error: %s\nhint: %s\n' "$1" "$2" >&2; exit 1; }

root=${1:-}
if [ -z "$root" ]; then
  for app in JianyingPro CapCut; do
    place="$HOME/Movies/$app/User Data/Projects/com.lveditor.draft"
    if [ -z "$root" ] && [ -d "$place" ]; then root=$place; fi
  done
fi
[ -n "$root" ] || fail "The app's folder of drafts was not found." 'Name it: sh install.sh "/path/to/com.lveditor.draft"'
[ -d "$root" ] || fail "There is no folder $root." "Start the app once, or name another folder."
[ -f "$here/draft/draft_content.json" ] || fail "The draft is not beside this script." "Unpack the whole ZIP first."
root=$(cd "$root" && pwd)

# The text of a file with a mark replaced by the value, to the letter.
replaced() {
  MARK=$2 VALUE=$3 awk '
    { line = $0; out = ""
      while ((at = index(line, ENVIRON["MARK"])) > 0) {
        out = out substr(line, 1, at - 1) ENVIRON["VALUE"]
        line = substr(line, at + length(ENVIRON["MARK"]))
      }
      print out line }' "$1" > "$1.part"
  mv "$1.part" "$1"
}
# A path as it stands in JSON.
quoted() { printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'; }

name=$(cat "$here/install/name.txt")
number=2
free=$name
while [ -e "$root/$free" ]; do free="$name $number"; number=$((number + 1)); done
target="$root/$free"
if command -v uuidgen >/dev/null 2>&1; then id=$(uuidgen); else id=$(cat /proc/sys/kernel/random/uuid); fi
id=$(printf '%s' "$id" | tr 'a-f' 'A-F')
now=$(date +%s)000000

work="$root/.vitascope-$$"
trap 'rm -rf "$work"' EXIT
cp -R "$here/draft" "$work"
cp "$here/install/entry.txt" "$work/entry.txt"
find "$work" -type f \( -name '*.json' -o -name entry.txt \) | while IFS= read -r file; do
  replaced "$file" %VITASCOPE_FOLDER% "$(quoted "$target")"
  replaced "$file" %VITASCOPE_ROOT% "$(quoted "$root")"
  replaced "$file" %VITASCOPE_NAME% "$(quoted "$free")"
  replaced "$file" %VITASCOPE_ID% "$id"
  replaced "$file" %VITASCOPE_NOW% "$now"
done

index="$root/root_meta_info.json"
list="$work/root_meta_info.json"
if [ -f "$index" ]; then
  grep -q '"all_draft_store"[[:space:]]*:[[:space:]]*\[' "$index" ||
    fail "The app's list of drafts, $index, is not as expected; nothing was changed." "Open the app once, and try again."
  cp "$index" "$index.vitascope-$(date +%Y%m%d%H%M%S).bak"
  ENTRY="$work/entry.txt" awk '
    { text = text (NR > 1 ? "\n" : "") $0 }
    END {
      getline entry < ENVIRON["ENTRY"]
      match(text, /"all_draft_store"[ \t\r\n]*:[ \t\r\n]*\[/)
      head = substr(text, 1, RSTART + RLENGTH - 1)
      tail = substr(text, RSTART + RLENGTH)
      rest = tail
      sub(/^[ \t\r\n]*/, "", rest)
      print head entry (substr(rest, 1, 1) == "]" ? "" : ",") tail
    }' "$index" > "$list"
else
  { printf '{"all_draft_store":['; cat "$work/entry.txt"; printf '],"draft_ids":1,"root_path":"%s"}\n' "$(quoted "$root")"; } > "$list"
fi
mv "$list" "$index.part"
rm "$work/entry.txt"
mv "$work" "$target"
mv "$index.part" "$index"
printf 'The draft "%s" is in %s. Start the app.\n' "$free" "$root"
