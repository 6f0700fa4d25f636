package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"datai/match"
)

type matchCmd struct {
	Docs    int      `default:"50000" help:"Documents to index."`
	Queries int      `default:"400" help:"Questions to ask."`
	Seed    uint64   `default:"1" help:"Seed of the recombination."`
	Results []string `sep:"none" placeholder:"FILE" help:"Take the sentences from these results (JSON Lines) instead of the text built in."`
	Peers   bool     `help:"Measure bleve on the same documents and questions as well."`
	JSON    bool     `name:"json" help:"Print one JSON object instead of a table."`
}

// speedRow is what one engine took.
type speedRow struct {
	Engine   string  `json:"engine"`
	BuildSec float64 `json:"build_seconds"`
	HeapMB   float64 `json:"heap_mb"` // live heap after the build, documents and index
	PeakMB   float64 `json:"peak_mb"` // greatest heap seen while building
	CPUms    float64 `json:"cpu_ms_per_query"`
	P50ms    float64 `json:"p50_ms"`
	P99ms    float64 `json:"p99_ms"`
}

type speedReport struct {
	Machine string     `json:"machine"`
	Data    string     `json:"data"`
	Seed    uint64     `json:"seed"`
	Docs    int        `json:"docs"`
	Queries int        `json:"queries"`
	Rows    []speedRow `json:"rows"`
	Ratio   float64    `json:"bleve_cpu_over_datai,omitempty"`
}

func (c *matchCmd) Run(ctx context.Context, out io.Writer) error {
	if c.Docs < 1 || c.Queries < 1 {
		return errors.New("--docs and --queries need at least one")
	}
	source, name, err := sentences(c.Results, c.Seed)
	if err != nil {
		return err
	}
	docs, questions := source.docs(c.Docs, c.Seed), source.questions(c.Queries, c.Seed+1)
	rep := speedReport{Machine: machine(), Data: name, Seed: c.Seed, Docs: c.Docs, Queries: c.Queries}
	engines := []engine{&datai{explain: true}}
	if c.Peers {
		engines = append(engines, &bleveEngine{})
	}
	for _, e := range engines {
		row, err := clock(ctx, e, docs, questions)
		if err != nil {
			return err
		}
		rep.Rows = append(rep.Rows, row)
	}
	if c.Peers {
		rep.Ratio = rep.Rows[1].CPUms / rep.Rows[0].CPUms
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(rep)
	}
	return rep.print(out)
}

func (r *speedReport) print(out io.Writer) error {
	fmt.Fprintf(out, "%s; %s, seed %d; %d documents, %d questions, 10 hits with explanation (bleve: without)\n", r.Machine, r.Data, r.Seed, r.Docs, r.Queries)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "engine\tbuild s\theap MB\tbuild peak MB\tCPU ms a query\tp50 ms\tp99 ms")
	for _, x := range r.Rows {
		fmt.Fprintf(w, "%s\t%.1f\t%.0f\t%.0f\t%.3f\t%.3f\t%.3f\n", x.Engine, x.BuildSec, x.HeapMB, x.PeakMB, x.CPUms, x.P50ms, x.P99ms)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Ratio > 0 {
		fmt.Fprintf(out, "bleve takes %.1f times the CPU a query\n", r.Ratio)
	}
	return nil
}

// clock builds an engine and asks it all questions, twice, and counts the second time.
func clock(ctx context.Context, e engine, docs []match.Doc, questions []string) (speedRow, error) {
	row := speedRow{Engine: e.name()}
	before := heapMB()
	peak := watchHeap()
	start := time.Now()
	if err := e.build(docs); err != nil {
		return row, err
	}
	row.BuildSec = time.Since(start).Seconds()
	row.PeakMB = peak() - before
	row.HeapMB = heapMB() - before
	for _, q := range questions {
		e.rank(q, 10)
	}
	took := make([]time.Duration, 0, len(questions))
	cpu := cpuTime()
	for _, q := range questions {
		if err := ctx.Err(); err != nil {
			return row, err
		}
		t := time.Now()
		e.rank(q, 10)
		took = append(took, time.Since(t))
	}
	row.CPUms = (cpuTime() - cpu).Seconds() * 1000 / float64(len(questions))
	slices.Sort(took)
	row.P50ms = took[len(took)/2].Seconds() * 1000
	row.P99ms = took[len(took)*99/100].Seconds() * 1000
	return row, nil
}

func heapMB() float64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// watchHeap samples the heap until the returned function is called; that returns the greatest sample in MB.
func watchHeap() func() float64 {
	stop, done := make(chan struct{}), make(chan float64)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		most := uint64(0)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-stop:
				done <- float64(most) / (1 << 20)
				return
			case <-tick.C:
			}
		}
	}()
	return func() float64 { close(stop); return <-done }
}

// cpuTime is the time that this process has spent on all processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func machine() string {
	model := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for sc := bufio.NewScanner(f); sc.Scan(); {
			if name, value, ok := strings.Cut(sc.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d CPUs, %s", model, runtime.NumCPU(), runtime.Version())
}

// material is what documents are put together from.
type material struct{ titles, keywords, sentences []string }

// sentences is what to recombine, from files of results or built in, and what
// to call it.
func sentences(files []string, seed uint64) (*material, string, error) {
	if len(files) == 0 {
		return builtIn(seed), "sentences recombined from phrases built in", nil
	}
	var paths []string
	for _, p := range files {
		paths = append(paths, strings.Split(p, ",")...)
	}
	rows, err := readResults(paths)
	if err != nil {
		return nil, "", err
	}
	var m material
	for _, r := range rows {
		m.titles = append(m.titles, r.Title)
		m.keywords = append(m.keywords, r.Keywords...)
		for _, s := range strings.FieldsFunc(r.Abstract, func(c rune) bool { return c == '。' || c == '；' }) {
			if len(s) > 30 {
				m.sentences = append(m.sentences, s)
			}
		}
	}
	if len(m.titles) == 0 || len(m.keywords) == 0 || len(m.sentences) == 0 {
		return nil, "", fmt.Errorf("the results hold no titles, keywords or sentences to recombine")
	}
	return &m, fmt.Sprintf("sentences recombined from %d results", len(rows)), nil
}

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }

// docs puts n documents together: a title, four keywords, five sentences.
func (m *material) docs(n int, seed uint64) []match.Doc { return slices.Collect(m.each(n, seed)) }

// each makes the documents of docs one at a time.
func (m *material) each(n int, seed uint64) iter.Seq[match.Doc] {
	return func(yield func(match.Doc) bool) {
		rng := rand.New(rand.NewPCG(seed, 1))
		for i := range n {
			var abstract []string
			for range 5 {
				abstract = append(abstract, pick(rng, m.sentences))
			}
			if !yield(match.Doc{
				ID: fmt.Sprintf("d%07d", i), Kind: match.KindResult, Audience: match.AudPublic, Time: int64(i),
				Title: pick(rng, m.titles), Keywords: []string{pick(rng, m.keywords), pick(rng, m.keywords), pick(rng, m.keywords), pick(rng, m.keywords)},
				Abstract: strings.Join(abstract, "。") + "。",
			}) {
				return
			}
		}
	}
}

// questions puts together the openings of two sentences each, with a figure asked for: about 110 characters, as long as
// needs in an enterprise's words are.
func (m *material) questions(n int, seed uint64) []string {
	rng := rand.New(rand.NewPCG(seed, 2))
	out := make([]string, n)
	for i := range out {
		out[i] = shorten(pick(rng, m.sentences), 45) + "，" + shorten(pick(rng, m.sentences), 45) + fmt.Sprintf("。希望使用寿命不低于%d小时。", 1000+rng.IntN(9000))
	}
	return out
}

func shorten(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// builtIn makes material from phrases, so that the benchmark runs without any file.
func builtIn(seed uint64) *material {
	rng := rand.New(rand.NewPCG(seed, 3))
	things := strings.Fields(builtInThings)
	acts := strings.Fields(builtInActs)
	aims := strings.Fields(builtInAims)
	compound := func() string { return pick(rng, things) + pick(rng, things) }
	var m material
	for range 4000 {
		m.titles = append(m.titles, compound()+pick(rng, acts)+"方法及"+pick(rng, aims)+"研究")
		m.keywords = append(m.keywords, compound())
	}
	for range 20000 {
		m.sentences = append(m.sentences, "针对"+compound()+pick(rng, aims)+"的问题，采用"+pick(rng, acts)+compound()+"，使"+compound()+"的"+pick(rng, aims)+"达到"+fmt.Sprint(10+rng.IntN(990))+pick(rng, []string{"小时", "%", "℃", "MPa", "mm"}))
	}
	return &m
}

const (
	builtInThings = "电池 正极 电解液 隔膜 涂层 合金 陶瓷 薄膜 纤维 树脂 催化剂 吸附剂 传感器 激光 光纤 探测器 雷达 天线 芯片 电机 轴承 齿轮 叶片 压缩机 换热器 锅炉 燃料 氢气 污水 土壤 重金属 粉尘 烟气 混凝土 钢材 焊缝 模具 刀具 机器人 无人机 卫星 车辆 列车 船舶 桥梁 隧道 管道 阀门 水泵 风机 图像 语音 文本 网络 数据库 密码 算法 模型 信号 电网 变压器 逆变器 光伏 风电 储能 小麦 水稻 玉米 果蔬 饲料 水产 疫苗 药物 细胞 基因 蛋白 骨科 血糖 心电 影像 膜 晶体 纳米管 石墨烯 凝胶 泡沫 胶黏剂 橡胶 玻璃 稀土 矿石 煤层 油藏 页岩 海水 大气 降雨 地震 边坡"
	builtInActs   = "制备 掺杂 包覆 改性 优化 控制 检测 识别 预测 诊断 监测 仿真 设计 加工 焊接 切割 成型 烧结 沉积 分离 提取 降解 回收 调度 规划 融合 补偿 校准 增强 压缩 加密 建模 分析 评价 冷却 干燥 密封 减振 降噪 防腐"
	builtInAims   = "寿命 强度 效率 精度 稳定性 可靠性 能耗 成本 噪声 腐蚀 磨损 泄漏 误差 灵敏度 选择性 容量 导热 韧性 粘接 阻燃 透光 耐温 产率 纯度 安全性"
)
