import type { World } from "./podWorld";

/** Addresses by host IDs. */
const membersIn = (record: Record<string, string>): Record<string, string> =>
  Object.fromEntries<string>(
    Object.values(record)
      .map((entry) => entry.split(" ") as [string, string])
      .filter(([, address]) => address?.startsWith("10.")),
  );

const peerRows = (peers: Record<string, string>) =>
  [" [json]", ...Object.entries(peers).map(([id, peer]) => JSON.stringify({ peer, host_id: id, tokens: ["1"] }))].join(
    "\n",
  );

/** A cqlsh that knows who can log in, and whose statements change that. */
export const cqlshStub = ({ answer = "", complaint = "", record, peers = record && membersIn(record) }: World) => `
if [ -n "${complaint}" ]; then
  echo "${complaint}" >&2
  exit 1
fi
if [[ "$*" != *-e* ]] && statements=$(cat) && [[ $statements == *"FROM system.peers"* ]]; then
  printf '%s\n' '${peers ? peerRows(peers) : ""}'
  exit
fi
if [ "$1" = --credentials ]; then
  [ "$(stat -c %a "$2")" = 600 ] || exit 3
  name=$(sed -n 's/^username = //p' "$2") password=$(sed -n 's/^password = //p' "$2")
  shift 2
fi
if [ "$1" = --cqlshrc ]; then
  ssl=$(sed -n '/^.ssl.$/,$p' "$2")
  file() { cat "$(sed -n "s/^$1 = //p" <<<"$ssl")"; }
  echo "\${name-nobody} shows $(file usercert), of $(file userkey), and trusts $(file certfile)" >>"$world/tls.log"
  shift 2
fi
if [ -z "\${name-}" ]; then
  echo "nobody ($*)" >>"$world/cqlsh.log"
  exit
fi
grep -qx "$name=$password" "$world/roles" || { echo "Bad credentials" >&2; exit 1; }
statements=\${statements-$(cat)}
echo "$name ($*): $(xargs -0 <<<"$statements" | tr -s ' \n' ' ')" >>"$world/cqlsh.log"
sed -nE "s/.* ROLE [A-Z ]*.(\\w+). WITH PASSWORD = '([^']*)'.*/\\1=\\2/p" <<<"$statements" >"$world/set"
sed -nE "s/.*DROP ROLE IF EXISTS (\\w+);.*/\\1/p" <<<"$statements" >"$world/shut"
while IFS== read -r role _; do sed -i "/^$role=/d" "$world/roles"; done < <(cat "$world/set" "$world/shut")
cat "$world/set" >>"$world/roles"
case $statements in *SELECT*) printf '%s\n' '${answer}' ;; esac
`;
