"""How Cassandra is started: its options, its configuration, and what is noted on the disk before."""
import os
import shutil

import certificates
import edit_cassandra_yaml
import scratch
import superuser_secret
import system
import tokens
import volume
from ip_address import is_ipv6
from state_log import StateLog
from system import say


def options(start, view):
    """Java options of Cassandra."""
    return family_options() + mode_options(start, view)


def family_options():
    """The image has Java use IPv4 alone. Java takes the last of several values. It goes on preferring IPv4 where both are there: JMX would
    leave 127.0.0.1, where nodetool looks for it."""
    return ["-Djava.net.preferIPv4Stack=false"] if is_ipv6(system.ADDRESS) else []


def mode_options(start, view):
    if start.mode == "replace":
        return ["-Dcassandra.replace_address_first_boot=" + start.lost_address]
    if start.mode == "restart":
        # An interrupted decommission may have noted on the disk that Cassandra must bootstrap. The other members still list this one, so
        # that it has been sent all writes, and takes its tokens up again as it is.
        undo = ["-Dcassandra.auto_bootstrap=false"] if start.undo_decommission else []
        return undo + (["-Dcassandra.start_native_transport=false"] if starts_closed(start, view) else [])
    return first_ring_options(view) if start.mode == "bootstrap_ring" else []


def first_ring_options(view):
    pods = view.first_ring_pods()
    racks = len(view.STATEFUL_SETS) if view.has_ordinals else 1
    own = tokens.tokens(pods.index(view.me), len(pods), int(os.environ["CASSANDRA_NUM_TOKENS"]), racks)
    # Members that do not stream are safe here and nowhere else: all disks are empty, and no member serves CQL before it sees every other
    # one (first_ring.py), so that there is no row to stream.
    given = [
        "-Dcassandra.auto_bootstrap=false",
        "-Dcassandra.initial_token=" + ",".join(str(token) for token in own),
        "-Dcassandra.start_native_transport=false",
        "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        # Skips the check for another member at this address: there was no ring before. The check would wait five seconds for each member
        # that does not listen yet, and all start at once.
        "-Dcassandra.allow_unsafe_join=true",
    ]
    if not superuser_secret.exists():
        return given
    return given + [
        # The replication factor that auth_replication.py would set: no role has to be repaired.
        "-Dcassandra.system_auth.default_rf=%d" % min(len(pods), 3),
        # The default is ten seconds, and CQL opens after that.
        "-Dcassandra.superuser_setup_delay_ms=500",
        # The superuser is made with a random password, and gets its own right afterwards. The default is five seconds.
        "-Dcassandra.role_password_update_min_interval_in_ms=0",
    ]


def starts_closed(start, view):
    """Whether a member restarts with a closed CQL port. Where all members ended before the ring had a superuser, only the first member
    may let the default role in."""
    is_open_ring = view.record is None or view.record.get("superuser")
    return start.mode == "restart" and superuser_secret.exists() and not is_open_ring


def log_start(start, view):
    if start.mode == "restart":
        if view.record is None:
            say("the ring record cannot be read: this member starts without it, on its own disk")
        say("restart: this disk holds member %s; seeds %s" % (view.host_id or view.me, start.seeds))
    elif start.mode == "bootstrap_ring":
        say("bootstrap_ring: forming the first ring of %s members; seeds %s" % (start.seeds.count(",") + 1, start.seeds))
    elif start.mode == "bootstrap":
        say("bootstrap: joining the ring and streaming this member's data; seeds %s" % start.seeds)
    else:
        lost = view.phase.split(" ")[1]
        say(
            "replace: the disk of %s is gone; this pod replaces the member last seen at %s; seeds %s"
            % (lost, start.lost_address, start.seeds)
        )


def prepare(start, view):
    """Everything that must exist before Cassandra starts."""
    if view.host_id and not view.phase and not view.state_log.leaving:
        for name in (volume.STATE_LOG, volume.REFUSALS):
            volume.remove_note(name)  # of earlier starts, about which nothing is open
    if start.mode == "replace" or (start.mode == "restart" and view.misses_removal()):
        # On the disk, so that a pod that ends early leaves the duty to the next one.
        volume.write_note(volume.REPAIR, "")
    if start.mode == "restart":
        # This member may not decommission before Cassandra has forgotten what an earlier decommission streamed (decommission.py).
        scratch.write(scratch.STALE_TRANSFERS, "")
    for name in volume.remove_blank_segments():
        say("removed segment %s of the commit log, which holds nothing: Cassandra ended before it could write into it" % name)
    copy_configuration()
    if certificates.are_needed():
        certificates.install()
    os.environ.update(addresses_for_entry_point(start.seeds))
    volume.append_state("start %s %s" % (start.mode, system.ADDRESS))


def addresses_for_entry_point(seeds):
    """What the image's entry point writes into cassandra.yaml. Cassandra listens for clients at every address of both families, whatever
    the family of the wildcard in CASSANDRA_RPC_ADDRESS."""
    if not is_ipv6(system.ADDRESS):
        return {"CASSANDRA_SEEDS": seeds}
    return {
        # Java would take an address of IPv4 for a name that has both.
        "CASSANDRA_SEEDS": ",".join((system.addresses(seed) or [seed])[0] for seed in seeds.split(",")),
        # Quoted, as the entry point does not: without quotes, YAML takes a colon at the end for the end of a key.
        "CASSANDRA_LISTEN_ADDRESS": '"%s"' % system.ADDRESS,
    }


def copy_configuration():
    """The image's entry point edits its configuration, and the image is read-only. Copied at each start, since a container may start
    again."""
    image, target_folder = os.environ.get("CASSANDRA_IMAGE_CONF", "/etc/cassandra"), os.environ["CASSANDRA_CONF"]
    for name in os.listdir(image):
        copy = shutil.copytree if os.path.isdir(os.path.join(image, name)) else shutil.copyfile
        target = os.path.join(target_folder, name)
        if copy is shutil.copytree:
            shutil.rmtree(target, ignore_errors=True)
        copy(os.path.join(image, name), target)
    shutil.copyfile(os.path.join(system.SCRIPTS, "logback.xml"), os.path.join(target_folder, "logback.xml"))
    changes = os.path.join(system.SCRIPTS, "cassandra.json")
    edit_cassandra_yaml.apply_changes(changes, os.path.join(target_folder, "cassandra.yaml"))


def note_version():
    """Notes the version of the Cassandra that is about to start, before it writes anything. Returns a function that takes the note back
    if Cassandra ended before it wrote, as it does on an invalid configuration: the older version may start again then."""
    version, before = system.image_version(), volume.read_note(volume.VERSION)
    if version in ("", before):
        return lambda: None
    segments = volume.entries("commitlog")
    volume.write_note(volume.VERSION, version)

    def take_back():
        # The first write makes a segment of the commit log.
        if StateLog(volume.read_note(volume.STATE_LOG)).mode or volume.entries("commitlog") != segments:
            return
        if before:
            volume.write_note(volume.VERSION, before)
        else:
            volume.remove_note(volume.VERSION)

    return take_back
