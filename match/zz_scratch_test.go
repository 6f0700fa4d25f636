package match

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

type zr struct {
	ID, Title, Abstract string
	Keywords            []string
	Need                string
	Judgments           map[string]int
	Wants               string
}

func zload(p string) []zr {
	f, err := os.Open(p)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	var o []zr
	for sc.Scan() {
		var r zr
		if json.Unmarshal(sc.Bytes(), &r) != nil {
			panic(sc.Text())
		}
		o = append(o, r)
	}
	return o
}
func zx() *Index {
	x := New(Options{})
	var ds []Doc
	for _, r := range zload("/tmp/demo-results.jsonl") {
		var in []Indicator
		if i := strings.Index(r.Abstract, "\n"); i > 0 {
			in = ReadIndicators(strings.Split(r.Abstract, "\n")[1])
		}
		ds = append(ds, Doc{ID: r.ID, Kind: KindResult, Title: r.Title, Keywords: r.Keywords, Abstract: r.Abstract, Indicators: in, Audience: AudPublic})
	}
	x.Put(ds...)
	return x
}
func TestZRows(t *testing.T) {
	x := zx()
	only := os.Getenv("ONLYTRUE")
	for _, n := range zload("/tmp/demo-needs.jsonl") {
		fmt.Println("NEED", n.Title, "|", n.Wants)
		res := x.Search(Query{Title: n.Title, Text: n.Need, Keywords: n.Keywords, Wants: ReadIndicators(n.Wants), K: 10, Explain: true, Filter: Filter{Viewer: AudPublic}})
		for i, h := range res.Hits {
			_, tr := n.Judgments[h.ID]
			if only != "" && !tr {
				continue
			}
			if !tr && i > 3 && h.Label < LabelPossible {
				continue
			}
			fmt.Printf("  %d %v L%d %s", i+1, tr, h.Label, x.visible(h.ID, AudPublic).field(fieldTitle))
			for _, tm := range h.Why.Terms {
				fmt.Printf(" [%s>%s]", tm.Text, tm.Via)
			}
			fmt.Println()
			for _, r := range h.Why.Rows {
				fmt.Printf("      %d %s | have %s | gap %g | %s\n", r.Verdict, show(r.Want), show(r.Have), r.Gap, r.Quote)
			}
		}
	}
}
func TestZAsk(t *testing.T) {
	x := zx()
	for _, q := range strings.Split(os.Getenv("Q"), "|") {
		fmt.Println("Q", q)
		for i, h := range x.Search(Query{Text: q, K: 6, Explain: true, Filter: Filter{Viewer: AudPublic}}).Hits {
			_ = i
			fmt.Printf("   L%d %.3f %s ", h.Label, h.Score, x.visible(h.ID, AudPublic).field(fieldTitle))
			for j, v := range h.Evidence {
				fmt.Printf("%s=%.2f ", EvidenceNames()[j], v)
			}
			fmt.Printf("p=%.2f", x.params.confidence(&h.Evidence))
			for _, tm := range h.Why.Terms {
				fmt.Printf(" [%s>%s]", tm.Text, tm.Via)
			}
			fmt.Println()
		}
	}
}
func TestZRead(t *testing.T) {
	for _, s := range []string{"循环寿命3500次;-30 ℃容量保持率≥82%", "出水含油≤20 mg/L", "壁厚 1.5 mm 处表面粗糙度 0.9 μm(原 3.4 μm)", "单芯片 420 W 时壳温由 85 ℃ 降至 62 ℃(同机对比)", "28 天强度不低于 40 MPa", "500 次循环后容量保持率 92%", "误报率 3.8%(第三方检测，含 30%–100% 额定转速)", "误报 ≤2 次/10 km", "环境 -15 ℃ 时 72 h 强度达设计值的 62%", "曝气电耗降低 17%-23%(九厂前后对比)", "改造投资 3-5 年收回", "动态载量 62 g/L(停留 4 min，人免疫球蛋白);200 次碱洗后载量保留 88%", "−10 ℃ 养护 7 天抗压强度 29.6 MPa", "信噪比 −8 dB 时识别率 94.6%", "在 25 ℃、0.5 MPa 下渗透通量 62 L/m²h，脱盐率 98.2%", "导热系数 2.4 W/(m·K)"} {
		fmt.Print(s, " => ")
		for _, m := range readMentions(s) {
			fmt.Printf("%d %s; ", m.stance, show(m.Indicator))
		}
		fmt.Println()
	}
}
func TestZAll(t *testing.T) {
	n := 0
	for _, r := range zload("/tmp/demo-results.jsonl") {
		if p := strings.Split(r.Abstract, "\n"); len(p) > 1 {
			fmt.Println("#", p[1])
			fmt.Print("   ")
			for _, m := range readMentions(p[1]) {
				if m.stance == claimed {
					n++
					fmt.Print(show(m.Indicator), " | ")
				}
			}
			fmt.Println()
		}
	}
	fmt.Println(n)
}
