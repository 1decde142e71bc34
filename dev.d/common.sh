# What every command of ./dev shares.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
jobs=$(nproc)

install_missing() {
  local missing=() package
  while read -r package; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done < <(grep -v '^#' dev.d/packages.txt)
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" != 0 ]; then
    echo "missing packages; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  echo "installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [TARGET…]
build() {
  local preset=$1
  shift
  cmake --preset "$preset" >"build-$preset.log" 2>&1 || { cat "build-$preset.log"; return 1; }
  rm -f "build-$preset.log"
  ninja -C "build/$preset" -j "$jobs" "$@"
}

# What users run, and what the peers of interop/ need of it. A tool that interop/CMakeLists.txt adds is built by this.
build_release() { build release posternd postern postern-portal interop/all; }

# format_sources -i, or --dry-run -Werror
format_sources() { git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 "$@"; }
