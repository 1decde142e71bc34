# ./dev demo [--keep]
install_missing
build release posternd postern | tail -n 1
exec python3 dev.d/demo.py "$@"
