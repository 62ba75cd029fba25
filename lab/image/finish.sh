# Runs inside the image's file system while it is built, in mount, process and network namespaces that end with it.
set -eu
mount -t proc proc /proc
hostname localhost
ip link set lo up

groupadd --system --gid 999 cassandra
useradd --system --gid cassandra --uid 999 cassandra
ln -s "$(readlink -e /usr/lib/*/libjemalloc.so.2)" /usr/local/lib/libjemalloc.so
ldconfig

ln -s /etc/cassandra /opt/cassandra/conf
ln -s /var/lib/cassandra /opt/cassandra/data
ln -s /var/log/cassandra /opt/cassandra/logs
mkdir -p /etc/cassandra/triggers /var/lib/cassandra /var/log/cassandra
chown -R cassandra:cassandra /etc/cassandra /var/lib/cassandra /var/log/cassandra
chmod -R a+rwX /etc/cassandra
chmod 1777 /etc/cassandra /var/lib/cassandra /var/log/cassandra /tmp

version=$(echo /opt/cassandra/lib/cassandra-all-*.jar | sed 's/.*-all-//; s/[.]jar//')
echo "version = \"$version\"" > /opt/cassandra/pylib/cqlshlib/serverversion.py
# Compiled once here: as another user than root, cqlsh could not keep what it compiles.
python3 -m compileall -q /opt/cassandra/pylib

# Class-data archives: classes as nodetool and a server under a little work have them in memory. They are made with
# the jars alone on the class path, so everything that is read from the configuration folder gets its full path.
work=/tmp/class-data
cp -r /etc/cassandra "$work"
chown -R cassandra "$work"
jars=$(echo /opt/cassandra/lib/*.jar | tr ' ' :)
export CASSANDRA_CONF="$work" CASSANDRA_LISTEN_ADDRESS=127.0.0.1 CASSANDRA_NUM_TOKENS=1 MAX_HEAP_SIZE=512M
JVM_EXTRA_OPTS="-cp $jars -XX:ArchiveClassesAtExit=$work/cassandra.jsa" docker-entrypoint.sh cassandra -f \
  -Dcassandra.config="file://$work/cassandra.yaml" -Dlogback.configurationFile="$work/logback.xml" \
  -Dcassandra.ring_delay_ms=1000 > "$work/log" 2>&1 &
server=$!
seconds=0
until grep -q "Starting listening for CQL clients" "$work/log"; do
  seconds=$((seconds + 1))
  if [ $seconds -gt 120 ] || ! kill -0 $server; then cat "$work/log" >&2; exit 1; fi
  sleep 1
done
cqlsh -e "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
  CREATE TABLE k.t (id int PRIMARY KEY, name text);
  INSERT INTO k.t (id, name) VALUES (1, 'one');
  SELECT * FROM k.t"
nodetool flush k
nodetool disablebinary
nodetool enablebinary
NODETOOL_OPTS="-cp $jars -XX:ArchiveClassesAtExit=$work/nodetool.jsa" nodetool status
kill $server
wait $server || true
install -m 644 "$work/cassandra.jsa" "$work/nodetool.jsa" /opt/cassandra/lib
rm -r "$work" ~root/.cassandra
find /var/lib/cassandra /var/log/cassandra /tmp -mindepth 1 -delete
