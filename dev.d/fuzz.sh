# ./dev fuzz TARGET [SECONDS]
target=${1:?"which target? one of: $(cd fuzz && ls ./*.cpp | sed 's/^..//; s/\.cpp$//' | tr '\n' ' ')"}
install_missing
build fuzz "fuzz_$target" | tail -n 1
mkdir -p "build/fuzz/found/$target" "fuzz/corpus/$target"
exec "build/fuzz/fuzz/fuzz_$target" -max_total_time="${2:-60}" -print_final_stats=1 "build/fuzz/found/$target" "fuzz/corpus/$target"
