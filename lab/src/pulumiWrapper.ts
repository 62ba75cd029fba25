/** The `pulumi` of a lab's shell: the real one, told to keep what it writes about a stack in the lab's stack files. */
import { join } from "node:path";
import { repository } from "./instance";

/**
 * A shell script. Inside the repository, commands that read or write a stack's file get `--config-file` with the copy,
 * brought up to date first; those that make, rename or remove a stack run in the copies' folder. All else, and any
 * command that names its own file or folder, is passed on as it is.
 */
export function pulumiWrapper(pulumi: string, stackFolder: string): string {
  return `#!/bin/sh
pulumi=${quote(pulumi)}
repository=${quote(repository)}
folder=${quote(stackFolder)}
export CASSANDRA_LAB_LANGUAGE_HOST=${quote(join(repository, "lab/bin/pulumi-language-nodejs"))}

case $(pwd -P)/ in
  "$repository"/.lab/*) exec "$pulumi" "$@" ;;
  "$repository"/*) ;;
  *) exec "$pulumi" "$@" ;;
esac
stack=$PULUMI_STACK words= previous=
for argument in "$@"; do
  case $previous in
    -s | --stack) stack=$argument previous=; continue ;;
    -v | --verbose | --color | --tracing | --profiling | --otel-traces | --memprofilerate) previous=; continue ;;
  esac
  previous=$argument
  case $argument in
    --) break ;;
    -C* | --cwd | --cwd=* | --config-file | --config-file=*) exec "$pulumi" "$@" ;;
    --stack=*) stack=\${argument#--stack=} ;;
    -s?*) stack=\${argument#-s} ;;
    -*) ;;
    *) words="$words $argument" ;;
  esac
done
case "$words " in
  " stack init "* | " stack rename "* | " stack rm "* | " stack change-secrets-provider "*)
    exec "$pulumi" -C "$folder" "$@" ;;
  " config "* | " destroy "* | " dn "* | " down "* | " import "* | " logs "* | " pre "* | " preview "*) ;;
  " refresh "* | " up "* | " update "* | " watch "*) ;;
  *) exec "$pulumi" "$@" ;;
esac
stack=\${stack##*/}
if [ -e "$repository/Pulumi.$stack.yaml" ] && ! cmp -s "$repository/Pulumi.$stack.yaml" "$folder/seen/$stack.yaml"; then
  node --disable-warning=ExperimentalWarning -r "$repository/node_modules/ts-node/register" \\
    ${quote(join(__dirname, "stackFiles.ts"))} "$folder" "$stack" || exit
fi
file="$folder/Pulumi.$stack.yaml" placed=
for argument in "$@"; do # after \`--\` there are no options any more
  shift
  if [ "$argument" = -- ] && [ -z "$placed" ]; then set -- "$@" --config-file "$file"; placed=yes; fi
  set -- "$@" "$argument"
done
[ -n "$placed" ] || set -- "$@" --config-file "$file"
exec "$pulumi" "$@"
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\\\''")}'`;
}
