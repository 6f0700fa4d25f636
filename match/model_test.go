package match

import "testing"

func TestModelFileIsWhole(t *testing.T) {
	m := Model()
	if bad := m.unknownFeatures(); bad != nil {
		t.Errorf("rerank.json has weights for %v, which are no features", bad)
	}
	if len(m.Data) == 0 || m.Date == "" || len(m.Figures) == 0 {
		t.Errorf("rerank.json does not say what it was learned from: %+v", m)
	}
	for _, name := range FeatureNames() {
		long, ok := m.Long[name]
		short, ok2 := m.Short[name]
		if !ok || !ok2 {
			t.Errorf("rerank.json has no weight for %s", name)
		}
		if sign := float64(FeatureSign(name)); sign*long < 0 || sign*short < 0 {
			t.Errorf("%s has weights %v and %v of the wrong sign", name, long, short)
		}
	}
}
