# ./dev interop [NAME]: real peers, in roots of their own. NAME is a module of interop/ without test_.
install_missing
build_release | tail -n 1
exec python3 interop/run.py "$@"
