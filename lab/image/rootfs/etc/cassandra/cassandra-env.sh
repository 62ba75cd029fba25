# Sourced by bin/cassandra: adds to JVM_OPTS what depends on the machine or on variables.
#   MAX_HEAP_SIZE    size of the heap, such as 512M; unset: chosen from the machine's memory, not the container's limit
#   HEAP_NEWSIZE     size of its young generation; only without G1, which chooses for itself
#   LOCAL_JMX        no: JMX for other hosts too, with the passwords of /etc/cassandra/jmxremote.password
#   JVM_EXTRA_OPTS   further options, last and therefore stronger

if [ -z "${MAX_HEAP_SIZE-}" ]; then
  # the larger of (half the memory, up to 1 GiB) and (a quarter of it, up to 8 GiB)
  MAX_HEAP_SIZE=$(free -m | awk '/^Mem:/ {
    half = $2 / 2; quarter = $2 / 4
    if (half > 1024) half = 1024
    if (quarter > 8192) quarter = 8192
    printf "%dM", (half > quarter ? half : quarter) }')
fi
JVM_OPTS="$JVM_OPTS -Xms$MAX_HEAP_SIZE -Xmx$MAX_HEAP_SIZE"
case $JVM_OPTS in
  *+UseG1GC*) ;;
  *) if [ -n "${HEAP_NEWSIZE-}" ]; then JVM_OPTS="$JVM_OPTS -Xmn$HEAP_NEWSIZE"; fi ;;
esac

export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-4}"
JVM_OPTS="$JVM_OPTS -javaagent:$(echo "$CASSANDRA_HOME"/lib/jamm-*.jar)"
gc_log="file=$CASSANDRA_HOME/logs/gc.log:time,uptime,pid,tid,level:filecount=10,filesize=10485760"
JVM_OPTS="$JVM_OPTS -Xlog:gc=info,safepoint=info:$gc_log"

if [ "${LOCAL_JMX:=yes}" = yes ]; then
  JVM_OPTS="$JVM_OPTS -Dcassandra.jmx.local.port=7199 -Dcom.sun.management.jmxremote.authenticate=false"
else
  JVM_OPTS="$JVM_OPTS -Dcassandra.jmx.remote.port=7199 -Dcom.sun.management.jmxremote.rmi.port=7199"
  JVM_OPTS="$JVM_OPTS -Dcom.sun.management.jmxremote.authenticate=true"
fi
JVM_OPTS="$JVM_OPTS -Dcom.sun.management.jmxremote.password.file=/etc/cassandra/jmxremote.password"

JVM_OPTS="$JVM_OPTS ${JVM_EXTRA_OPTS-}"
