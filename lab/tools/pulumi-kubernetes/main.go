// The official Kubernetes plugin, from its Go module: its own command needs files that only its release build makes.
package main

import "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"

// Version that the plugin says it has; the engine asks for that of the SDK.
var version = "4.25.0"

func main() {
	// The schemas are only for programs of other languages.
	provider.Serve("kubernetes", version, []byte("{}"), []byte("{}"))
}
