package match

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func suggested(x *Index, text string, terms ...string) []string {
	var out []string
	for _, s := range x.Search(Query{Text: text, Terms: terms, Filter: Filter{Viewer: AudPublic}, Suggest: 20}).Suggestions {
		out = append(out, s.Term)
	}
	return out
}

func TestSuggest(t *testing.T) {
	x := New(Options{})
	x.Put(
		Doc{ID: "a", Title: "锂电池热失控", Keywords: []string{"热失控", "固态电解质"}, Audience: AudPublic},
		Doc{ID: "b", Title: "固态电解质界面", Keywords: []string{"界面"}, Audience: AudPublic},
		Doc{ID: "c", Title: "锂电池固态电解质", Keywords: []string{"秘密"}, Audience: AudOffice},
	)
	got := x.Search(Query{Text: "锂电池热失控起火", Filter: Filter{Viewer: AudPublic}, Suggest: 5}).Suggestions
	if len(got) == 0 || got[0] != (Suggestion{"固态电解质", 2}) {
		t.Errorf("suggestions %+v", got)
	}
}

// Without keywords titles, claims and the lexicon's technical words lend terms, if two hits agree.
func TestSuggestReadsTexts(t *testing.T) {
	x := New(Options{})
	x.Put(
		Doc{ID: "a", Title: "基于铝硅酸盐的轴承润滑研究", Abstract: "轴承发热,用微通道散热", Audience: AudPublic},
		Doc{ID: "b", Title: "铝硅酸盐与轴承", Abstract: "轴承的微通道", Audience: AudPublic},
		Doc{ID: "c", Title: "轴承甲", Claims: "1. 一种轴承,其特征在于包括陶瓷保持架。", Audience: AudPublic},
		Doc{ID: "d", Title: "轴承乙", Abstract: "轴承有陶瓷保持架", Audience: AudPublic},
		Doc{ID: "e", Title: "孤立的轴承油膜涡动", Audience: AudPublic},
		Doc{ID: "f", Title: "轴承与暗藏的石墨烯", Audience: AudOffice},
		Doc{ID: "g", Title: "石墨烯", Audience: AudOffice},
	)
	got := suggested(x, "轴承容易坏")
	for _, want := range []string{"铝硅酸盐", "陶瓷保持架", "微通道"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing: %v", want, got)
		}
	}
	for _, not := range []string{"轴承油膜涡动", "石墨烯", "轴承", "研究"} {
		if slices.Contains(got, not) {
			t.Errorf("%s is offered: %v", not, got)
		}
	}
}

// Offers differ from each other and from what the question has, and those that the better hits hold come first.
func TestSuggestDoesNotRepeatItself(t *testing.T) {
	x := New(Options{})
	for _, id := range []string{"a", "b", "c"} {
		x.Put(Doc{ID: id, Title: "车间排产", Keywords: []string{"柔性车间调度", "柔性车间调度问题", "车间调度", "遗传算法"}, Audience: AudPublic})
	}
	x.Put(Doc{ID: "d", Title: "排产", Keywords: []string{"时间窗"}, Audience: AudPublic})
	got := suggested(x, "车间排产", "遗传算法")
	if diff := cmp.Diff(2, len(got)); diff != "" || got[1] != "时间窗" {
		t.Errorf("offers %v, want one of the three schedules, then 时间窗", got)
	}
}

func TestPieces(t *testing.T) {
	for text, want := range map[string][]string{
		"基于振动信号的滚动轴承故障诊断方法研究":       {"振动信号", "滚动轴承故障诊断"},
		"1. 一种高炉渣，其特征在于包括钛酸钙和硅灰石粉。": {"高炉渣", "钛酸钙", "硅灰石粉"},
		"方法研究":     nil,
		"20192020": nil,
		"":         nil,
	} {
		if diff := cmp.Diff(want, pieces(text)); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}
