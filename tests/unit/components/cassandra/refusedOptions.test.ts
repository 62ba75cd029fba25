import * as assert from "node:assert/strict";
import { optionRefusal } from "../../../../components/cassandra/refusedOptions";
import properties from "../../../../components/cassandra/systemProperties.json";

describe("optionRefusal", () => {
  it("refuses those properties of Cassandra that follow from other config or endanger data, and no others", () => {
    // By the word `unsafe` or `skip` alone, one could not tell: each was looked up in the source of Cassandra.
    const refused = `
      allow_alter_rf_during_range_movement allow_unsafe_join allow_unsafe_replace allow_unsafe_transient_changes auto_bootstrap autorepair.check_min_version autorepair.enable
      commitlog.allow_ignore_sync_crc commitlog.ignorereplayerrors commitlog.stop_on_errors config config.allow_system_properties
      config.loader consistent.rangemovement consistent.simultaneousmoves.allow disable_paxos_auto_repairs
      disable_paxos_state_flush gossip.disable_endpoint_removal ignore_corrupted_schema_tables ignore_dc ignore_rack initial_token
      jmx.authorizer jmx.local.port jmx.remote.login.config jmx.remote.port join_ring load_ring_state logdir logdir.audit
      maxHintTTL native_transport_port override_decommission partitioner paxos_repair_allow_multiple_pending_unsafe
      replace_address replace_address_first_boot replace_node replace_token replayList reset_bootstrap_progress
      schema.force_load_local_keyspaces schema.update_handler_factory.class skip_paxos_repair_on_topology_change
      skip_paxos_repair_on_topology_change_keyspaces skip_paxos_state_rebuild skip_schema_check skip_schema_check_for_endpoints
      skip_schema_check_for_versions skip_sync skip_wait_for_gossip_to_settle ssl_storage_port start_gossip
      start_native_transport storage_port storagedir truncate_ballot_metadata unsafe.deterministicuuidnode
      unsafe.disable-serial-reads-linearizability unsafe.timeuuidnode unsafe_verbose_debug_client_protocol unsafesystem
      write_survey`;
    // A number that is no shorter than any wait, a truth, and nothing at all.
    for (const value of ["=1000000", "=true"]) {
      const waits = value === "=true" ? /^(ring_delay|gossip_(settle|quarantine))_/ : /^$/;
      const found = Object.keys(properties).filter((name) => optionRefusal(`-Dcassandra.${name}${value}`));
      assert.deepEqual(
        found.filter((name) => !waits.test(name)),
        refused.trim().split(/\s+/),
      );
    }
    for (const name of refused.trim().split(/\s+/)) assert.ok(optionRefusal(`-Dcassandra.${name}`), name);
  });

  it("takes waits for gossip that are shorter than Cassandra's own, and none that are too short", () => {
    for (const right of ["ring_delay_ms=5000", "gossip_settle_min_wait_ms=1000", "gossip_settle_interval_ms=0500"])
      assert.equal(optionRefusal(`-Dcassandra.${right}`), undefined, right);
    for (const wrong of [
      "ring_delay_ms=4999",
      "ring_delay_ms=",
      "ring_delay_ms",
      "ring_delay_ms=-9000",
      "ring_delay_ms=9e9",
    ])
      assert.equal(optionRefusal(`-Dcassandra.${wrong}`)?.rule, "must be 5000 or more", wrong);
    for (const right of ["-Dring_delay_ms=1", "-Dmine.ring_delay_ms=1"])
      assert.equal(optionRefusal(right), undefined, right);
  });

  it("lets nobody run code in a member from outside, nor commands that nobody has checked", () => {
    const debuggers = [
      "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005",
      "-agentlib:jdwp",
      "-agentpath:/usr/lib/jvm/lib/libjdwp.so=server=y",
      "-Xrunjdwp:transport=dt_socket,server=y,address=5005",
      "-Xdebug",
    ];
    for (const option of debuggers)
      assert.deepEqual(optionRefusal(option), {
        rule: "must be left out",
        reason: "whoever reaches a debugger's port runs code as the member",
      });
    for (const option of [
      "-XX:+ManagementServer",
      "-javaagent:/opt/jolokia-jvm.jar=host=0.0.0.0",
      "-Dcom.sun.jndi.ldap.object.trustURLCodebase=true",
      "-Dcom.sun.jndi.rmi.object.trustURLCodebase=",
      "-XX:OnOutOfMemoryError=/tmp/run.sh",
      "-XX:OnOutOfMemoryError:=/tmp/run.sh",
      "-XX:OnError=gdb",
      "-Djava.security.manager",
      "-Djava.security.manager=disallow",
      "-Djava.security.manager=allowed",
      "-Djava.security.policy==/tmp/all.policy",
      "-Dcassandra.jmx.remote.port=7199",
    ])
      assert.equal(optionRefusal(option)?.rule, "must be left out", option);
    assert.ok(optionRefusal("@/tmp/options"));
    const right = [
      "-javaagent:/opt/jmx_prometheus_javaagent.jar=9404:/opt/config.yaml",
      "-agentpath:/opt/libasyncProfiler.so=start",
      "-XX:+ExitOnOutOfMemoryError",
      "-XX:+HeapDumpOnOutOfMemoryError",
      "-XX:ErrorFile=/tmp/error.log",
      "-Djava.security.manager=allow",
      "-Djava.security.egd=file:/dev/urandom",
      "-Dcom.sun.jndi.ldap.object.trustURLCodebase=false",
    ];
    for (const option of right) assert.equal(optionRefusal(option), undefined, option);
  });

  it("lets no JVM option bring along another one", () => {
    const hidden = [
      "-Dmine=1 -Dcassandra.join_ring=false",
      "-Dmine=1\n-Dcassandra.join_ring=false",
      "-Dcassandra.$(POD_UID)join_ring=false",
      "-D$(MINE)=false",
      "-XX:VMOptionsFile=/tmp/options",
      "-XX:+ReadVMOptionsFile",
      "-Dcassandra.settings.auto_bootstrap=false",
      "-Dcom.sun.management.jmxremote",
      "-mx4G",
      "-ms4G",
      "Xmx4G",
      "",
    ];
    for (const option of hidden) assert.notEqual(optionRefusal(option), undefined, option);
    for (const option of [
      "-Xlog:gc:file=/tmp/$(POD_UID).log",
      "-XX:G1HeapRegionSize=16m",
      "-XX:+UseZGC",
      "-Dmine.x-y_z=$(A)",
    ])
      assert.equal(optionRefusal(option), undefined, option);
  });
});
