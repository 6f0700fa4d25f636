package gate

// The words that give rise to questions. They are data: a word more or less is
// a line here and a line in the table of the test.

// praise are words that say how good something is and cannot be measured
// (wording, triggers; 国内首创 and its like are those that a summary must not
// use).
var praise = []string{"国际领先", "世界领先", "国内领先", "国际先进", "世界先进", "国内先进", "国际首创", "国内首创", "世界首创", "填补空白", "填补国内空白", "世界一流",
	"国际一流", "先进", "高性能", "智能化", "降本增效"}

// boasts are those of praise that claim a rank among others: they need somebody
// who ranked, a number alone does not bear them out.
var boasts = []string{"国际领先", "世界领先", "国内领先", "国际首创", "国内首创", "世界首创", "填补空白", "填补国内空白", "世界一流", "国际一流"}

// ranked are words of those who rank: beside them a boast is a quotation.
var ranked = []string{"鉴定", "查新", "第三方", "评价报告", "评审认为", "专家组", "获奖", "一等奖", "二等奖", "验收"}

// names are compounds in which a word of praise is part of a name or of a topic
// and says nothing about the result.
var names = []string{"先进制造", "先进材料", "先进封装", "先进控制", "先进技术", "先进国家", "先进经验", "先进结构", "先进工艺", "先进光源", "先进陶瓷", "先进水平差距", "后先进",
	"先进行", "先进入", "先进先出", "先进的现代", "先进个人", "先进集体", "先进性教育", "先进组", "先进雷达", "先进战", "先进飞机", "先进发动机", "先进反应堆", "先进核",
	"其他先进", "最先进", "较先进", "较为先进", "更先进", "比较先进", "先进设备", "先进方法", "先进成果", "先进地区", "先进算法", "先进的算法", "先进的技术", "先进的监测", "先进的数据", "先进灌",
	"先进农业", "先进地基", "先进理念", "先进的其他", "国际先进智库", "国际一流智库", "国际一流大学", "国际一流期刊", "与国际先进", "同国际先进", "对标国际",
	"高性能计算", "高性能纤维", "高性能混凝土", "高性能集群", "高性能服务器", "高性能并行", "高性能液相", "高性能科学", "高性能数值", "高性能网络", "高性能处理器", "高性能薄层", "高性能集成电路", "高性能、", "高性能数据", "当前高性能",
	"智能化时代", "智能化社会", "智能化发展", "智能化趋势", "智能化建设", "智能化转型", "智能化背景", "智能化变电站", "智能化程度低",
	"、智能化", "智能化、", "和智能化", "智能化和", "与智能化", "智能化与", "智能化管理", "智能化水平", "智能化要求", "故障诊断技术智能化"}

// restricted are words of what may come from a project with limits. Whoever
// knows has to say so; nothing is taken for secret because of a word.
var restricted = []string{"涉密", "保密项目", "国防科研", "国防项目", "国防预研", "装备预研", "军工项目", "军品", "军用", "武器", "导弹", "鱼雷", "弹药", "战斗部", "核潜艇", "隐身飞机"}

// civil are compounds in which a word of restricted means something else.
var civil = []string{"军用标准", "国家军用标准", "武器化", "思想武器", "理论武器", "有力武器", "非军用", "民用和军用", "军用和民用", "生物武器公约", "核武器条约", "核武器扩散", "鱼雷期", "鱼雷形", "鱼雷型"}
