# ./dev test [SUITE…] [--full]: the suites of suites.txt, with their budgets; the last line counts the checks.
install_missing
export POSTERN_FULL=0
chosen=()
for word in "$@"; do
  if [ "$word" = --full ]; then POSTERN_FULL=1; else chosen+=("$word"); fi
done
passed=0 failed=0 skipped=0 report=""
mkdir -p build

wanted() {  # NAME, or full:NAME: only with --full or where it is named
  if [ ${#chosen[@]} -gt 0 ]; then [[ " ${chosen[*]} " == *" ${1#full:} "* ]]; else [[ $1 != full:* || $POSTERN_FULL = 1 ]]; fi
}

run_suite() {  # NAME BUDGET COMMAND…
  local name=$1 budget=$2 log="build/suite-$1.log" start=$SECONDS code=0 line took
  shift 2
  echo "== $name (budget $budget s)"
  ( set -e; "$@" ) >"$log" 2>&1 || code=$?
  took=$((SECONDS - start))
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1 || :)
  if [ -n "$line" ]; then
    read -r p f s < <(sed -E 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 \4/' <<<"$line")
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
    [ "$code" -ne 0 ] && [ "$f" -eq 0 ] && failed=$((failed + 1))
  elif [ "$code" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  if [ "$took" -gt $((2 * budget)) ]; then
    failed=$((failed + 1))
    line="$line over twice its budget"
  fi
  [ "$code" -eq 0 ] || tail -n 60 "$log"
  report+=$(printf '%-10s %5s s of %5s s   exit %s   %s' "$name" "$took" "$budget" "$code" "$line")$'\n'
}

while read -r name budget command; do
  case "$name" in '' | '#'*) continue ;; esac
  # shellcheck disable=SC2086
  if wanted "$name"; then run_suite "${name#full:}" "$budget" $command </dev/null; fi
done <dev.d/suites.txt

printf '\n%s\n' "$report"
if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ "$failed" -eq 0 ]
