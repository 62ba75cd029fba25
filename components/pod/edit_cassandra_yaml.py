"""Edits top-level keys of a cassandra.yaml.

The image has no YAML library, and none is needed: the value of a key ends where the next key begins, and JSON is YAML.
"""
import json
import os
import re


def apply_changes(changes_file, target):
    """Sets the keys of a JSON file in a cassandra.yaml; removes those that are null."""
    with open(changes_file) as file:
        changes = json.load(file)

    kept, dropping = [], False
    with open(target) as file:
        for line in file:
            key = re.match(r"(\w+) *:", line)
            if key:
                dropping = key[1] in changes
            # Indented lines and items of a list belong to the key above. Comments between keys do not.
            if not (dropping and (key or re.match(r"[ \t]+\S|-", line))):
                kept.append(line)

    with open(target, "w") as file:
        file.writelines(kept)
        for name, value in changes.items():
            if value is not None:
                file.write("%s: %s\n" % (name, json.dumps(value)))


def set_seeds(seeds):
    """Sets the seeds for `nodetool reloadseeds`, as the image's entry point does it for the start. In one step: Cassandra may read the
    file at any moment."""
    path = os.path.join(os.environ["CASSANDRA_CONF"], "cassandra.yaml")
    with open(path) as file:
        text = file.read()
    with open(path + ".new", "w") as file:
        file.write(re.sub("- seeds:.*", '- seeds: "%s"' % seeds, text))
    os.replace(path + ".new", path)
