import * as pulumi from "@pulumi/pulumi";

/**
 * Outputs that the state holds of a component from an earlier update, whatever part of the program this update is told to leave alone
 * (`--target`, `--exclude`): empty for a component that is new, and for one that this very update has changed.
 * The engine's own function for this is what `urn` in resource options uses.
 */
export function recorded<T extends object>(component: pulumi.ComponentResource): Promise<Partial<T>> {
  return new Promise((resolve, reject) => {
    component.urn.apply((urn) => {
      pulumi.runtime
        .invoke("pulumi:pulumi:getResource", { urn })
        .then((found: { state?: Partial<T> }) => found.state ?? {})
        .then(resolve, reject);
    });
  });
}
