# ./dev fmt
install_missing
git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i
