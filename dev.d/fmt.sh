# ./dev fmt
install_missing
format_sources -i
