// The controller of kube-router that enforces network policies. Its own main program brings a router (BGP) and a Service proxy as
// well, for which the lab has fixed routes and kube-proxy.
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/cloudnativelabs/kube-router/v2/pkg/utils"
	core "k8s.io/api/core/v1"
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

// The sets of one family. kube-router 2.1.0, the newest version that Go modules have, gives sets of IPv6 a prefix that its rules leave
// out, and has each family write back the sets of the other one as they were.
type familySets struct {
	*utils.IPSet
	// As ipset(8) names it.
	family string
}

func (sets familySets) RefreshSet(name string, entries [][]string, kind string) {
	sets.IPSet.RefreshSet(name, entries, kind)
	if set := sets.Get(name); !slices.Contains(set.Options, "family") {
		set.Options = append(set.Options, "family", sets.family)
	}
}

func (sets familySets) Save() error {
	if err := sets.IPSet.Save(); err != nil {
		return err
	}
	for name, set := range sets.Sets() {
		if !slices.Contains(set.Options, sets.family) {
			delete(sets.Sets(), name)
		}
	}
	return nil
}

func run(config *options.KubeRouterConfig) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
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
	for family := range sets {
		// Told of IPv4, it leaves names as they are.
		plain, err := utils.NewIPSet(false)
		if err != nil {
			return err
		}
		sets[family] = familySets{plain, map[core.IPFamily]string{core.IPv4Protocol: "inet", core.IPv6Protocol: "inet6"}[family]}
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
