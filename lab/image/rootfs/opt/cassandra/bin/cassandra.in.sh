# Sourced by cassandra and nodetool: where Java, the classes and the configuration are.
: "${CASSANDRA_HOME:=/opt/cassandra}" "${CASSANDRA_CONF:=$CASSANDRA_HOME/conf}"
JAVA="${JAVA_HOME:+$JAVA_HOME/bin/}java"

# The configuration folder comes last: a class-data archive is only used while the class path begins with the very
# jars that it was made from, and it must be made without folders.
CLASSPATH=""
for jar in "$CASSANDRA_HOME"/lib/*.jar; do CLASSPATH="$CLASSPATH$jar:"; done
CLASSPATH="$CLASSPATH$CASSANDRA_CONF"

# The lines of option files that begin with a dash
options() { for file in "$@"; do sed '/^-/!d' "$CASSANDRA_CONF/$file"; done; }

# The option that lets NAME.jsa, classes read and verified ahead, shorten the start; nothing else depends on it.
class_data() {
  archive="$CASSANDRA_HOME/lib/$1.jsa"
  if [ -r "$archive" ]; then echo "-XX:SharedArchiveFile=$archive"; fi
}
