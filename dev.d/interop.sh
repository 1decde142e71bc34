# ./dev interop [NAME]: real peers, in roots of their own. NAME is a module of interop/ without test_.
install_missing
build release posternd postern postern-portal seal_tool openpgp_tool safe_html_tool | tail -n 1
exec python3 interop/run.py "$@"
