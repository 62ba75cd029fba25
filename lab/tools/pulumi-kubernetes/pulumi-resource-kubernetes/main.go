// The official Kubernetes plugin for Pulumi, from its Go module. Its own command embeds files that only its release build makes.
package main

import "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"

// Set by the build.
var version = "0.0.0"

func main() {
	// Schemas are for programs that generate code.
	schema := []byte("{}")
	provider.Serve("kubernetes", version, schema, schema)
}
