# ./dev fuzz TARGET [SECONDS]: the last line says how many edges were reached, and whether anything was found.
targets=$(sed -n 's/^fuzz_target(\([a-z_]*\).*/\1/p' fuzz/targets.cmake | tr '\n' ' ')
target=${1:?"which target? one of: $targets"}
install_missing
build fuzz "fuzz_$target" | tail -n 1
exec python3 fuzz/run.py "$target" --seconds "${2:-60}"
