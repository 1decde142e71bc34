# ./dev build [PRESET] [TARGET…]
install_missing
build "${1:-release}" "${@:2}"
