// The controller of kube-router that enforces network policies. Its own main program brings a router (BGP) and a Service proxy as
// well, for which the lab has fixed routes and kube-proxy.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	config := options.NewKubeRouterConfig()
	flag.StringVar(&config.Kubeconfig, "kubeconfig", "", "cluster whose policies it enforces")
	flag.StringVar(&config.HostnameOverride, "node", "", "name of the node that it is on")
	services := flag.String("services", "", "addresses of Services in each family, such as 10.96.0.0/16,fd00::/112")
	flag.Parse()
	config.ClusterIPCIDRs = strings.Split(*services, ",")
	for _, cidr := range config.ClusterIPCIDRs {
		if strings.Contains(cidr, ":") {
			config.EnableIPv6 = true
		} else {
			config.EnableIPv4 = true
		}
	}
	if err := run(config); err != nil {
		log.Fatal(err)
	}
}

// Has rules name sets of IPv6 as kube-router 2.1.0, the newest version that Go modules have, has named them: the rules lack its prefix
// `inet6:`. A program of its own stands before the one that reads the rules, in a folder that the node's end removes.
func nameSetsOfIPv6() error {
	const program = "ip6tables-restore"
	reader, err := exec.LookPath(program)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("/run", "kube-router")
	if err != nil {
		return err
	}
	script := fmt.Sprintf("#!/bin/sh\nsed 's/--match-set KUBE-/--match-set inet6:KUBE-/g' | %s \"$@\"\n", reader)
	if err := os.WriteFile(filepath.Join(folder, program), []byte(script), 0o755); err != nil {
		return err
	}
	return os.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func run(config *options.KubeRouterConfig) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if config.EnableIPv6 {
		if err := nameSetsOfIPv6(); err != nil {
			return err
		}
	}
	rest, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(rest)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	// Rules made of a part of the policies would let through what the rest forbids.
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	tables, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	controller, err := netpol.NewNetworkPolicyController(
		client, config, pods, policies, namespaces, &sync.Mutex{}, tables, sets)
	if err != nil {
		return err
	}
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods:       controller.PodEventHandler,
		namespaces: controller.NamespaceEventHandler,
		policies:   controller.NetworkPolicyEventHandler,
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	// It waits for somebody to hear each of its heartbeats.
	heartbeats := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range heartbeats {
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	controller.Run(heartbeats, ctx.Done(), &running)
	running.Wait()
	return nil
}
