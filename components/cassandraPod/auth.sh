# Who may log in: the ring's superuser, whose name and password are in a Secret. Sourced by ring.sh.
#
# `pulumi up` writes `username` and `password` there. `known` is written here: the password that the ring has. With it another one
# is set, also when a ring comes up on kept volumes under a password that was made anew.
# In the ring record: `superuser`, its name, once it can log in and Cassandra's default role no longer can.

needs_login() { [ -n "${RING_SUPERUSER:-}" ]; }
has_superuser() { [ -n "${entry[superuser]:-}" ]; }

# as NAME PASSWORD [ARGUMENT ...]: cqlsh under that name. The password goes through a file that nobody else can read: everybody
# can read the arguments of a process.
as() (
  file=$(mktemp)
  trap 'rm -f "$file"' EXIT
  printf '[plain_text_auth]\nusername = %s\npassword = %s\n' "$1" "$2" >"$file"
  shift 2
  run_cqlsh --credentials "$file" "$@"
)

run_cqlsh() { if needs_tls; then SSL_CERTFILE=$TLS/ca.crt cqlsh --ssl "$@"; else cqlsh "$@"; fi; }

# read_superuser: sets `name`, `password` and `known`. False when the API server does not answer.
read_superuser() {
  local all
  all=$(record superuser) || return 1
  { read -r name; read -r password; read -r known || true; } <<<"$all"
}

as_superuser() {
  local name password known
  read_superuser && as "$name" "${known:-$password}" "$@"
}

# set_password: makes the password of the Secret that of the superuser. False when it cannot log in; why is then in `complaint`.
set_password() {
  local name password known
  complaint="Secret $RING_SUPERUSER cannot be read"
  read_superuser || return 1
  [ "$known" != "$password" ] || return 0
  # This member would believe the old one for a while otherwise, and not the new one.
  if try "$name" "$known" \
    "ALTER ROLE \"$name\" WITH PASSWORD = '$password'; TRUNCATE system_views.credentials_cache_keys;"; then
    say "the superuser $name has another password"
  elif [[ $said != *"Bad credentials"* ]]; then
    complaint="the password of $name cannot be set ($said)"
    return 1
  elif ! try "$name" "$password" ""; then # An earlier try may have ended before its note.
    complaint="$name cannot log in with any password that Secret $RING_SUPERUSER holds ($said); if the ring has another one, write it"
    complaint+=" to key \`known\` there"
    return 1
  fi
  record known <<<"$password"
}

# make_superuser [STATEMENTS]: with the default role, whose password everybody knows; it then runs the statements. The password is one
# that nobody knows yet, so that whatever there is in the ring before set_password was not made by its users. All in one session,
# since each takes a second that nobody is served in. Sets what read_superuser does, and `said` to what was answered. False when it
# cannot log in.
make_superuser() {
  local roles
  complaint="Secret $RING_SUPERUSER cannot be read or written"
  read_superuser || return 1
  if [ -z "$known" ]; then
    known=$(head -c 24 /dev/urandom | base64)
    record known <<<"$known" || return 1
  fi
  roles=$(spread_roles)
  try cassandra cassandra \
    "CREATE ROLE IF NOT EXISTS \"$name\" WITH PASSWORD = '$known' AND SUPERUSER = true AND LOGIN = true; $roles${1:+
LOGIN $name '$known'
$1}" ||
    try "$name" "$known" "$roles ${1:-}" || # An earlier try has come further than that.
    { complaint="neither $name nor the default role can log in ($said)"; return 1; }
}

# try NAME PASSWORD STATEMENTS: what cqlsh says last is then in `said`.
try() {
  said=$(as "$1" "$2" 2>&1 <<<"$3") && return
  said=${said##*$'\n'}
  return 1
}

# From its first line on the default role cannot log in. It could until then, from wherever the network lets CQL through, so it is
# asked what there is in the ring; sessions of that role would be believed for as long as the caches are.
shut_default_role="ALTER ROLE IF EXISTS cassandra WITH SUPERUSER = false AND LOGIN = false;
TRUNCATE system_views.roles_cache_keys; TRUNCATE system_views.permissions_cache_keys;
SELECT JSON role FROM system_auth.roles; SELECT JSON keyspace_name FROM system_schema.keyspaces;"

# refuse_strangers NAME: serves nothing, for good, if in `said` there is more than Cassandra's own and that superuser.
refuse_strangers() {
  local strangers
  strangers=$(sed -nE 's/^ *\{"(role|keyspace_name)": "(.*)"\} *$/\2/p' <<<"$said" |
    { grep -vxE "cassandra|system(_auth|_distributed|_schema|_traces)?|$1" || true; } | xargs)
  [ -n "$strangers" ] || return 0
  nodetool disablebinary
  while :; do
    wait_for "somebody logged in as Cassandra's default role before it was shut, and made $strangers. Nothing is served here;" \
      "delete this ring and its volumes, and allow fewer clients (clientsFrom) to the next one"
  done
}

# open_cql: opens the port of a member that started with a closed one. Of a ring without superuser, the first member does so
# alone and makes it; the others open once the default role is shut.
open_cql() {
  local name password known is_new
  while needs_login; do
    until load; do sleep 1; done
    ! has_superuser || break
    if [ "$MEMBER" != "$(first_member)" ]; then
      wait_for "$(first_member) to make the superuser"
      continue
    fi
    # One with keyspaces of users was open to everybody before, and is what they made of it.
    is_new=yes
    ! compgen -G "$DATA/data/*/" | grep -qvE '/system(_[a-z]+)?/$' || is_new=no
    open_port
    # A first ring has as many copies of the roles from the start; this one was made when nobody had to log in.
    if [ "$way" != form ]; then
      until make_superuser; do wait_for "the superuser: $complaint"; done
      until copy_roles; do wait_for "the roles to be copied"; done
    fi
    until make_superuser "$shut_default_role" && [[ $said == *"\"role\": \"$name\""* ]]; do
      wait_for "the superuser: $complaint"
    done
    [ "$is_new" = no ] || refuse_strangers "$name"
    until set_password; do wait_for "the superuser: $complaint"; done
    settle "superuser=$name"
    say "the superuser is $name, and the default role cannot log in"
    return
  done
  open_port
}

# Others see a member as UN a moment before its own daemon can open the port.
open_port() { until nodetool enablebinary; do sleep 1; done; }

# spread_roles [MEMBERS]: prints the statement that keeps the roles on as many members as the ring has, three at the most: with fewer
# copies than that nobody could log in while a member is away, with more than there are members nobody could at all.
spread_roles() {
  local count=${1:-$(ring_size)}
  (( count < 3 )) || count=3
  echo "ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', '$CASSANDRA_DC': $count};"
}

# share_roles [MEMBERS]: has it done. False when the superuser cannot log in.
share_roles() { as_superuser <<<"$(spread_roles "$@")"; }

copy_roles() { nodetool repair --full system_auth >/dev/null; }

# leave_roles: before this member leaves a ring whose roles every member holds. False, and says so, when it cannot log in.
leave_roles() {
  needs_login || return 0
  until load; do sleep 2; done
  local left=$(( $(ring_size) - 1 ))
  (( left > 0 && left < 3 )) || return 0
  share_roles $left || { echo "the superuser cannot log in to keep the roles on $left members"; return 1; }
}

# keep_roles: after others have gone for good.
keep_roles() {
  needs_login && (( $(ring_size) < 3 )) || return 0
  share_roles || say "the superuser cannot log in to keep the roles on $(ring_size) members"
}

# join_roles: a member that joins a small ring holds all roles as well. Before it goes on record, and so while it is still its turn:
# nobody leaves meanwhile, who would want fewer copies.
join_roles() {
  local size i
  until load; do sleep 5; done
  size=$(( $(ring_size) + 1 ))
  (( size <= 3 )) || return 0
  for i in 1 2 3; do
    ! { share_roles $size && copy_roles; } || return 0
    sleep 5
  done
  say "the roles stay on fewer members than there are: the superuser cannot log in to copy them, or their repair fails"
}

# keep_password: the password may have been changed while no member was there to hear of it.
keep_password() {
  until set_password; do
    wait_for "the superuser: $complaint"
    sleep 60
  done
}
