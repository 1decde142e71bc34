# ./dev bench NAME [--json]
name=${1:?"which bench? one of: $(cd bench && ls ./*.cpp | sed 's/^..//; s/\.cpp$//' | tr '\n' ' ')"}
install_missing
build release "bench_$name" >/dev/null
exec "build/release/bench/bench_$name" "${@:2}"
