# ./dev bench NAME [--json]: bench/NAME.cpp is built and run, bench/NAME.py runs the gateway beside its peers.
name=${1:?"which bench? one of: $(ls bench/*.cpp bench/*.py | sed 's/^bench.//; s/\.[a-z]*$//' | tr '\n' ' ')"}
install_missing
if [ -f "bench/$name.py" ]; then
  targets=$(sed -n 's/^# builds: //p' "bench/$name.py")
  # shellcheck disable=SC2086  # several words
  build release ${targets:-posternd postern} >/dev/null
  exec python3 "bench/$name.py" "${@:2}"
fi
build release "bench_$name" >/dev/null
exec "build/release/bench/bench_$name" "${@:2}"
