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
	Docs    []int    `default:"50000" help:"Documents to index; several numbers with commas between."`
	Queries int      `default:"400" help:"Questions to ask."`
	Puts    int      `default:"1000" help:"Documents to change one by one afterwards."`
	Seed    uint64   `default:"1" help:"Seed of the recombination."`
	Results []string `sep:"none" placeholder:"FILE" help:"Take the sentences from these results (JSON Lines) instead of the text built in."`
	Peers   bool     `help:"Measure bleve and the textbook's BM25 on the same documents and questions as well."`
	Most    int      `default:"200000" help:"Documents up to which the peers are measured."`
	Dir     string   `placeholder:"DIR" help:"Folder for the files of the index and its snapshot (default: the one for temporary files)."`
	JSON    bool     `name:"json" help:"Print one JSON object instead of tables."`
}

// speedRow is what one engine took. A MB is a million bytes.
type speedRow struct {
	Engine     string  `json:"engine"`
	Docs       int     `json:"docs"`
	BuildSec   float64 `json:"build_seconds"`
	BuildCPU   float64 `json:"build_cpu_seconds"`
	HeapMB     float64 `json:"heap_mb"`     // live heap after the build
	ResidentMB float64 `json:"resident_mb"` // memory of the process after the build, less what it had before
	ServingMB  float64 `json:"serving_mb"`  // greatest memory of the process while it answered, likewise
	PeakMB     float64 `json:"peak_mb"`     // greatest memory of the process while building, likewise
	CPUms      float64 `json:"cpu_ms_per_query"`
	P50ms      float64 `json:"p50_ms"`
	P99ms      float64 `json:"p99_ms"`
	Ratio      float64 `json:"bleve_cpu_over_this,omitempty"`
	Kept       *kept   `json:"kept,omitempty"`
}

// kept is what only an engine that is changed while it runs, and kept on disk, has.
type kept struct {
	PutCPUms   float64 `json:"put_cpu_ms"`
	PutP50ms   float64 `json:"put_p50_ms"`
	PutP99ms   float64 `json:"put_p99_ms"`
	PutMostms  float64 `json:"put_most_ms"`
	SnapshotMB float64 `json:"snapshot_mb"`
	SaveSec    float64 `json:"save_seconds"`
	LoadSec    float64 `json:"load_seconds"`
}

type speedReport struct {
	Machine string     `json:"machine"`
	Load    string     `json:"load"`
	Data    string     `json:"data"`
	Seed    uint64     `json:"seed"`
	Queries int        `json:"queries"`
	Rows    []speedRow `json:"rows"`
}

// filler is an engine that takes documents one by one, so that those who wait need not be in memory.
type filler interface {
	engine
	fill(docs iter.Seq[match.Doc]) error
}

func (c *matchCmd) Run(ctx context.Context, out io.Writer) (err error) {
	if len(c.Docs) == 0 || slices.Min(c.Docs) < 1 || c.Queries < 1 {
		return errors.New("--docs and --queries need at least one")
	}
	source, name, err := sentences(c.Results, c.Seed)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Dir, "datai-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	questions := source.questions(c.Queries, c.Seed+1)
	rep := speedReport{Machine: machine(), Data: name, Seed: c.Seed, Queries: c.Queries}
	for _, n := range c.Docs {
		from := len(rep.Rows)
		engines := []func() filler{func() filler { return &datai{explain: true, dir: dir} }}
		if c.Peers && n <= c.Most {
			engines = append(engines, func() filler { return &bleveEngine{} }, func() filler { return &bm25{} }, func() filler { return &bm25{uni: true} })
		}
		for _, fresh := range engines {
			row, err := c.measure(ctx, fresh(), source, n, questions)
			if err != nil {
				return err
			}
			rep.Rows = append(rep.Rows, row)
		}
		for i := from; i < len(rep.Rows) && len(engines) > 1; i++ {
			rep.Rows[i].Ratio = rep.Rows[from+1].CPUms / rep.Rows[i].CPUms
		}
	}
	rep.Load = loadAverage()
	if c.JSON {
		return json.NewEncoder(out).Encode(rep)
	}
	return rep.print(out)
}

func (r *speedReport) print(out io.Writer) error {
	fmt.Fprintf(out, "%s; load average %s; %s, seed %d; %d questions, 10 hits, datai's with explanation\n\n", r.Machine, r.Load, r.Data, r.Seed, r.Queries)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "documents\tengine\tbuild s\tCPU s\theap MB\tresident MB\tserving MB\tbuild peak MB\tCPU ms a query\tp50 ms\tp99 ms\tbleve's CPU over this")
	for _, x := range r.Rows {
		ratio := ""
		if x.Ratio > 0 {
			ratio = fmt.Sprintf("%.1f", x.Ratio)
		}
		fmt.Fprintf(w, "%d\t%s\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t%.0f\t%.3f\t%.3f\t%.3f\t%s\n", x.Docs, x.Engine, x.BuildSec, x.BuildCPU, x.HeapMB, x.ResidentMB, x.ServingMB, x.PeakMB,
			x.CPUms, x.P50ms, x.P99ms, ratio)
	}
	fmt.Fprintln(w, "\ndocuments\tengine\tput CPU ms\tp50 ms\tp99 ms\tmost ms\tsnapshot MB\tsave s\tload s")
	for _, x := range r.Rows {
		if k := x.Kept; k != nil {
			fmt.Fprintf(w, "%d\t%s\t%.3f\t%.3f\t%.3f\t%.3f\t%.0f\t%.2f\t%.2f\n", x.Docs, x.Engine, k.PutCPUms, k.PutP50ms, k.PutP99ms, k.PutMostms, k.SnapshotMB, k.SaveSec, k.LoadSec)
		}
	}
	return w.Flush()
}

// measure builds an engine and asks it all questions, twice, and counts the second time.
func (c *matchCmd) measure(ctx context.Context, e filler, source *material, n int, questions []string) (speedRow, error) {
	row := speedRow{Engine: e.name(), Docs: n}
	ours := false
	if _, ok := e.(*datai); ok && os.Getenv("GOGC") == "" {
		ours = true
		defer debug.SetGCPercent(debug.SetGCPercent(match.CollectAt)) // as "datai serve" does while it builds
	}
	heap, resident := memory()
	forgetPeak()
	start, cpu := time.Now(), cpuTime()
	if err := e.fill(source.each(n, c.Seed)); err != nil {
		return row, err
	}
	row.BuildSec, row.BuildCPU = time.Since(start).Seconds(), (cpuTime() - cpu).Seconds()
	row.PeakMB = status("VmHWM") - resident
	heapAfter, residentAfter := memory()
	row.HeapMB, row.ResidentMB = heapAfter-heap, residentAfter-resident
	forgetPeak()
	if ours {
		match.EaseCollector() // as "datai serve" does when it is ready
	}
	for _, q := range questions {
		e.rank(q, 10)
	}
	took := make([]time.Duration, 0, len(questions))
	cpu = cpuTime()
	for _, q := range questions {
		if err := ctx.Err(); err != nil {
			return row, err
		}
		t := time.Now()
		e.rank(q, 10)
		took = append(took, time.Since(t))
	}
	row.CPUms = ms(cpuTime()-cpu) / float64(len(questions))
	row.P50ms, row.P99ms, _ = percentiles(took)
	row.ServingMB = status("VmHWM") - resident
	if d, ok := e.(*datai); ok {
		var err error
		if row.Kept, err = d.keep(ctx, source, n, c.Puts, c.Seed); err != nil {
			return row, err
		}
	}
	return row, nil
}

// keep changes one document after the other, saves the index and loads the snapshot into another.
func (d *datai) keep(ctx context.Context, m *material, n, puts int, seed uint64) (*kept, error) {
	var k kept
	rng := rand.New(rand.NewPCG(seed, 4))
	took := make([]time.Duration, 0, puts)
	cpu := cpuTime()
	for doc := range m.each(puts, seed+7) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if rng.IntN(2) == 0 {
			doc.ID = fmt.Sprintf("d%07d", rng.IntN(n))
		} else {
			doc.ID = "new-" + doc.ID
		}
		t := time.Now()
		d.index.Put(doc)
		took = append(took, time.Since(t))
	}
	d.index.Settle() // its work counts
	if puts > 0 {
		k.PutCPUms = ms(cpuTime()-cpu) / float64(puts)
		k.PutP50ms, k.PutP99ms, k.PutMostms = percentiles(took)
	}
	f, err := os.CreateTemp(d.dir, "snapshot")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return nil, err
	}
	start := time.Now()
	if err := errors.Join(d.index.Save(f, match.Stamp{}), f.Sync()); err != nil {
		return nil, err
	}
	k.SaveSec = time.Since(start).Seconds()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	k.SnapshotMB = float64(size) / 1e6
	documents := d.index.Len()
	d.index = nil
	runtime.GC()
	start = time.Now()
	x := match.New(match.Options{})
	if err := x.Load(f, size, func(match.Stamp) error { return nil }); err != nil {
		return nil, err
	}
	k.LoadSec = time.Since(start).Seconds()
	if x.Len() != documents {
		return nil, fmt.Errorf("the snapshot has %d documents of %d", x.Len(), documents)
	}
	return &k, nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

// percentiles are the median, the 99th percentile and the most of some times, in milliseconds.
func percentiles(took []time.Duration) (p50, p99, most float64) {
	slices.Sort(took)
	return ms(took[len(took)/2]), ms(took[len(took)*99/100]), ms(took[len(took)-1])
}

// memory is the live heap and what the process has of the machine's memory, in MB, when nothing is left to collect.
func memory() (heap, resident float64) {
	debug.FreeOSMemory()
	debug.FreeOSMemory() // what finalizers let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6, status("VmRSS")
}

// status reads a figure of this process in kB from Linux, in MB; 0 elsewhere.
func status(name string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kb float64
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			if _, err := fmt.Sscan(rest, &kb); err == nil {
				return kb * 1024 / 1e6
			}
		}
	}
	return 0
}

// forgetPeak lets VmHWM begin anew; see proc(5), clear_refs. Where that is not possible the peak is that of the whole run.
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
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

// each puts n documents together, one at a time: a title, four keywords, five sentences.
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
