import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";

/** Whoever tests a program with Pulumi's mocks has no cluster, and no state. */
export function isMocked(): boolean {
  return pulumi.runtime.getMonitor() instanceof MockMonitor;
}

/**
 * Outputs that the state holds of a component from an earlier update, whatever part of the program this update is told to leave alone
 * (`--target`, `--exclude`): empty for a component that is new, and for one that this very update has changed.
 * The engine's own function for this is what `urn` in resource options uses.
 */
export function recordedOutputs<T extends object>(component: pulumi.ComponentResource): Promise<Partial<T>> {
  if (isMocked()) return Promise.resolve({});
  return new Promise((resolve, reject) => {
    component.urn.apply((urn) => {
      pulumi.runtime
        .invoke("pulumi:pulumi:getResource", { urn })
        .then((found: { state?: Partial<T> }) => found.state ?? {})
        .then(resolve, reject);
    });
  });
}
