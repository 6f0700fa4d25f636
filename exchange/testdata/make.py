"""Makes the binary fixtures of this folder. Nothing in them is real.

    python3 make.py                    # needs openpyxl 3.1
    soffice --headless --convert-to xlsx:"Calc MS Excel 2007 XML" --outdir out needs.fods
    soffice --headless --convert-to xls:"MS Excel 97" --outdir out needs.fods
"""
import datetime
import openpyxl

HEAD = ["序号", "成果权属人", "权属人联系电话 ", "*成果名称（必填）", "关键词", "成果完成时间（yyyy-MM-dd）", "成果应用\n领域",
        "技术成熟度", "合作价格(万元)", "合作方式", "所属学院", "联系人", "手机号码", "知识产权形式", "成果简介", "技术指标",
        "密 级", "推荐专家"]
book = openpyxl.Workbook()
guide = book.active
guide.title = "填写说明"
guide.append(["一、每行填写一项成果;不得填写涉密内容。"])
guide.append(["二、价格以万元为单位。"])

sheet = book.create_sheet("工学部")
sheet.append(["示范大学科技成果汇总表"])
sheet.merge_cells("A1:R1")
sheet.append([])
sheet.append(HEAD)
sheet.append(["填写说明", "必填", None, "必填,不超过 100 字"])
def row(n, name, **kw):
    r = dict(zip(["n", "owner", "tel", "name"], [n, "示范大学;示范研究院", "010-00000001", name]))
    r.update(kw)
    keys = ["n", "owner", "tel", "name", "words", "done", "use", "trl", "price", "ways", "unit", "who", "phone", "ip", "about", "marks", "secret", "expert"]
    return [r.get(k) for k in keys]
sheet.append(row(1, "耐高温\n密封材料", words="密封;耐高温；氟橡胶", done=datetime.datetime(2020, 1, 1), use="先进材料", trl="中试", price=50,
                 ways="许可、转让", unit="材料学院", who="甲", phone=13800000001, secret="公开", expert="丙",
                 ip="发明专利(ZL202010209156.6 授权,2040-06-11 到期);软件著作权 2 件(已登记)", about="供泵阀厂使用。", marks="耐温不低于 200 ℃"))
sheet.append(row(2, "线阵相机坯布检测", words="检测 相机 织造", done="2022年3月", price="100-200", trl="TRL 6", secret="无"))
sheet.append(row(3, "<script>alert(1)</script>", done=44504, price="面议", about='=HYPERLINK("http://example.com","x")', secret=None))
sheet.append([])
sheet.append(row(4, "不应留下的标题", about="不应留下的正文", secret="内部"))
sheet.append(row(5, None, about="没有名称"))
sheet.append(row(6, "隐藏行里的成果", done="2019/4/4"))
sheet.append([7])
sheet.append(row(8, "专利号写错的成果", ip="发明专利 ZL202010209156.7"))
sheet.merge_cells("K5:K7")
sheet.row_dimensions[11].hidden = True

more = book.create_sheet("理学部")
more.append(["成果名称", "摘要", "身份证号", "微信", None])
more.append(["第二张表的成果", "有摘要。", "110101199001011234", "wx-1", "无表头的值"])
book.save("results-openpyxl.xlsx")

secret = openpyxl.Workbook()
secret.active.append(["示范大学成果汇总表(机密)"])
secret.active.append(["成果名称", "成果简介"])
secret.active.append(["不应留下的标题", "不应留下的正文"])
secret.save("classified-title.xlsx")

TEXT = ("成果名称,关键词,成果完成时间,合作价格,单位名称,成果简介\r\n"
        "耐高温密封材料,密封；耐高温,2023.4,30万元,材料学院,\"第一行\n第二行,带逗号\"\r\n"
        "\r\n"
        "坯布检测,\"检测\"\"仪\"\"\",20150110,\"1,200\",,他说\"好\"\n"
        "没有补全的\"引号\",,,面议,信息学部,\"从\"双元\"视角\"\r"
        "甲,,,,,\n")
open("results-gb18030.csv", "wb").write(TEXT.encode("gb18030"))
open("results-utf16be.csv", "wb").write(b"\xfe\xff" + TEXT.encode("utf-16-be"))
open("results-utf8.tsv", "wb").write(TEXT.replace('"1,200"', "1200").replace('第二行,带', '第二行、带').replace(",", "\t").replace("、带", ",带").encode())
