package release

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// manifests decodes every document as the Kubernetes API would with strict validation: an unknown or doubled field is
// an error.
func manifests(t *testing.T) []runtime.Object {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{apps.AddToScheme, core.AddToScheme, networking.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	text, err := os.ReadFile("../../packaging/kubernetes/bunkerm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var found []runtime.Object
	for documents := yaml.NewYAMLReader(newReader(text)); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		object, _, err := decoder.Decode(document, nil, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, bytes.TrimSpace(document))
		}
		found = append(found, object)
	}
}

func TestManifestsKeepTheirPromises(t *testing.T) {
	kinds := map[string]int{}
	for _, object := range manifests(t) {
		kinds[object.GetObjectKind().GroupVersionKind().Kind]++
		switch o := object.(type) {
		case *apps.Deployment:
			checkDeployment(t, o)
		case *core.Service:
			if o.Namespace != "" || len(o.Spec.Ports) == 0 {
				t.Errorf("service %s: %+v", o.Name, o)
			}
		case *networking.NetworkPolicy:
			if len(o.Spec.PolicyTypes) != 1 || o.Spec.PolicyTypes[0] != networking.PolicyTypeIngress {
				t.Errorf("policy types %v", o.Spec.PolicyTypes)
			}
		}
	}
	if kinds["Deployment"] != 1 || kinds["Service"] != 2 || kinds["PersistentVolumeClaim"] != 1 || kinds["NetworkPolicy"] != 1 {
		t.Errorf("there are %v", kinds)
	}
}

// checkDeployment holds what the profile "restricted" of Kubernetes' pod security standards asks for, and what a broker
// with one volume needs.
func checkDeployment(t *testing.T, d *apps.Deployment) {
	t.Helper()
	if d.Spec.Replicas == nil || *d.Spec.Replicas != 1 || d.Spec.Strategy.Type != apps.RecreateDeploymentStrategyType {
		t.Errorf("replicas %v, strategy %s", d.Spec.Replicas, d.Spec.Strategy.Type)
	}
	for name, value := range d.Spec.Selector.MatchLabels {
		if d.Spec.Template.Labels[name] != value {
			t.Errorf("the selector's %s=%s is not on the pod", name, value)
		}
	}
	pod := d.Spec.Template.Spec
	p := pod.SecurityContext
	if p == nil || p.RunAsNonRoot == nil || !*p.RunAsNonRoot || p.RunAsUser == nil || *p.RunAsUser != 1883 ||
		p.SeccompProfile == nil || p.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		t.Errorf("the pod's security context: %+v", p)
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken || pod.HostNetwork {
		t.Error("the pod has more than it needs")
	}
	mounts, volumes := map[string]string{}, map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
	}
	for _, c := range pod.Containers {
		s := c.SecurityContext
		if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation ||
			s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
			s.Capabilities == nil || len(s.Capabilities.Drop) != 1 || s.Capabilities.Drop[0] != "ALL" {
			t.Errorf("the container's security context: %+v", s)
		}
		for _, probe := range []*core.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
			if probe == nil || probe.HTTPGet == nil {
				t.Error("a probe is missing")
			}
		}
		for _, m := range c.VolumeMounts {
			mounts[m.MountPath] = m.Name
			if !volumes[m.Name] {
				t.Errorf("there is no volume %s", m.Name)
			}
		}
	}
	if mounts["/data"] == "" || mounts["/tmp"] == "" {
		t.Errorf("mounted are %v", mounts)
	}
}
