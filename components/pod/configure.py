"""Sets top-level keys of a cassandra.yaml, and takes those out that are null.

The image has no YAML library. Here none is needed: a key's old value reaches to the next key, and JSON is YAML.
"""
import json
import os
import re


def change(changes_file, target):
    with open(changes_file) as file:
        changes = json.load(file)

    kept, dropping = [], False
    with open(target) as file:
        for line in file:
            key = re.match(r"(\w+) *:", line)
            if key:
                dropping = key[1] in changes
            # What is indented, or an item of a list, belongs to the key above it; comments between keys do not.
            if not (dropping and (key or re.match(r"[ \t]+\S|-", line))):
                kept.append(line)

    with open(target, "w") as file:
        file.writelines(kept)
        for name, value in changes.items():
            if value is not None:
                file.write("%s: %s\n" % (name, json.dumps(value)))


def set_seeds(seeds):
    """For `nodetool reloadseeds`, as the image's entry point sets them for the start. In one step: Cassandra may look at any moment."""
    path = os.path.join(os.environ["CASSANDRA_CONF"], "cassandra.yaml")
    with open(path) as file:
        text = file.read()
    with open(path + ".new", "w") as file:
        file.write(re.sub("- seeds:.*", '- seeds: "%s"' % seeds, text))
    os.replace(path + ".new", path)
