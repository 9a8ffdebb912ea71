// The lab's kubelet: the real one over a fake container runtime, as kubemark makes it.
//
// kubemark's own program would show the pods of every node to the whole network, for it
// listens on all addresses and takes no flag for that. This one listens on the loopback.
package main

import (
	"context"
	"flag"
	"time"

	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	remote "k8s.io/cri-client/pkg"
	fakeremote "k8s.io/cri-client/pkg/fake"
	"k8s.io/klog/v2"
	cadvisortest "k8s.io/kubernetes/pkg/kubelet/cadvisor/testing"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	"k8s.io/kubernetes/pkg/kubemark"

	"go.opentelemetry.io/otel/trace/noop"
)

func main() {
	name := flag.String("name", "", "name of the node")
	port := flag.Int("port", 0, "port on 127.0.0.1")
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig of the node")
	staticPods := flag.String("static-pods", "", "folder of static pods, whose probes are real")
	flag.Parse()
	if err := run(context.Background(), *name, *port, *kubeconfig, *staticPods); err != nil {
		klog.Fatal(err)
	}
}

func run(ctx context.Context, name string, port int, kubeconfig, staticPods string) error {
	clientConfig, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := clientset.NewForConfig(clientConfig)
	if err != nil {
		return err
	}
	flags, config := kubemark.GetHollowKubeletConfig(&kubemark.HollowKubeletOptions{
		NodeName:    name,
		KubeletPort: port,
		MaxPods:     110,
	})
	config.Address = "127.0.0.1"
	// Renewed every two seconds: who waits for a heartbeat after a reboot waits less.
	config.NodeLeaseDurationSeconds = 8

	clientConfig.Timeout = config.NodeStatusUpdateFrequency.Duration
	clientConfig.QPS = -1
	heartbeatClient, err := clientset.NewForConfig(clientConfig)
	if err != nil {
		return err
	}
	endpoint, err := fakeremote.GenerateEndpoint()
	if err != nil {
		return err
	}
	runtime := fakeremote.NewFakeRemoteRuntime()
	if err := runtime.Start(endpoint); err != nil {
		return err
	}
	defer runtime.Stop()
	runtimeService, err := remote.NewRemoteRuntimeService(ctx, endpoint, 15*time.Second, noop.NewTracerProvider(), false)
	if err != nil {
		return err
	}
	hollow := kubemark.NewHollowKubelet(
		flags, config, client, heartbeatClient,
		&cadvisortest.Fake{NodeName: name},
		runtime.ImageService, runtimeService,
		cm.NewStubContainerManager(),
	)
	if staticPods != "" {
		config.StaticPodPath = staticPods
		config.FileCheckFrequency.Duration = time.Second
		hollow.KubeletDeps.ProbeManager = nil
	}
	hollow.Run(ctx)
	return nil
}
