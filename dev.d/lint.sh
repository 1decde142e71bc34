# ./dev lint [--all]: what the rules forbid, then clang-tidy over the changed files, or all of them.
install_missing
status=0
forbidden='asio::detached|awaitable_operators|std::regex|\b(TODO|FIXME|XXX)\b|boost/test/included'
if git grep -nE "$forbidden" -- '*.cpp' '*.hpp'; then
  echo "lint: forbidden by DESIGN's rules (see above)"
  status=1
fi
python3 tests/include_graph.py || status=1
cmake --preset release >/dev/null
if [ "${1:-}" = --all ]; then files=$(git ls-files '*.cpp'); else files=$(git diff --name-only HEAD -- '*.cpp'); fi
files=$(printf '%s\n' "$files" | grep -v '^fuzz/' || :)
[ -z "$files" ] || printf '%s\n' "$files" | xargs -P "$jobs" -n 4 clang-tidy-19 -quiet -p build/release || status=1
exit $status
