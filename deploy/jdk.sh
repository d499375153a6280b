# shellcheck shell=bash
# Sourced by ./quorate and ./verify: what Quorate is built with and runs on.

readonly JDK_VERSION=25

# Prints the home of the first JDK that is new enough: JAVA_HOME, then what is installed in the
# usual places, then what is on the PATH. A JDK's version is read from its release file, since
# starting each of them would take longer than all the rest.
find_jdk() {
  local home java
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    is_jdk "$home" && printf '%s\n' "$home" && return
  done
  if java=$(command -v java); then
    java=$(readlink -f "$java")
    home=${java%/bin/java}
    is_jdk "$home" && printf '%s\n' "$home" && return
  fi
  cat >&2 <<MESSAGE
Quorate needs JDK $JDK_VERSION or newer, and none was found in JAVA_HOME${JAVA_HOME:+ ($JAVA_HOME)},
in /usr/lib/jvm or on the PATH. Install one, for instance Eclipse Temurin $JDK_VERSION
(https://adoptium.net; the package is temurin-$JDK_VERSION-jdk), or point JAVA_HOME at one.
MESSAGE
  return 1
}

is_jdk() {
  local key value
  [[ -x $1/bin/javac && -r $1/release ]] || return
  while IFS='=' read -r key value; do
    if [[ $key == JAVA_VERSION ]]; then
      value=${value//\"/}
      [[ ${value%%[.+-]*} -ge $JDK_VERSION ]]
      return
    fi
  done <"$1/release"
  return 1
}

# Prints the class path of a build. The client's is shorter: it starts quicker for it, and it prints
# what it has to say, so it has no logging to set up. It keeps RocksDB, for restoring a backup.
class_path() {
  local folder=$1 program=$2 jar path=""
  for jar in "$folder"/lib/*.jar; do
    case $program:${jar##*/} in
      client:logback-* | client:slf4j-* | client:prometheus-* | client:snakeyaml-*) ;;
      *) path+=:$jar ;;
    esac
  done
  printf '%s\n' "${path#:}"
}

need_maven() {
  command -v mvn >/dev/null && return
  echo "Building Quorate needs Maven 3.8 or newer (on Debian: apt-get install maven)." >&2
  return 1
}
