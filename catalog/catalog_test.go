package catalog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestPatentNumberForms(t *testing.T) {
	for _, tt := range []struct {
		written, want string
		ok            bool
	}{
		{"CN201510100000.3", "201510100000.3", true},
		{"201610100037.0", "201610100037.0", true},
		{"ZL201810100111.8", "201810100111.8", true},
		{"ZL 2019 1 0100148.5", "201910100148.5", true},
		{"ｚｌ２０１９１０１００１４８．５", "201910100148.5", true},
		{"2019101001485", "201910100148.5", true},
		{"201910100148.6", "", false}, // wrong check digit
		{"2.0231E+12", "", false},     // destroyed by a spreadsheet
		{"20191010014８.5x", "", false},
		{"", "", false},
	} {
		got, ok := PatentNumber(tt.written)
		if got != tt.want || ok != tt.ok {
			t.Errorf("PatentNumber(%q) = %q, %v; want %q, %v", tt.written, got, ok, tt.want, tt.ok)
		}
	}
}

// A check digit finds every wrong single digit whose weight has an inverse
// modulo 11, which all of them have.
func TestPatentNumberFindsEveryWrongDigit(t *testing.T) {
	const good = "201910100148.5"
	for i := range good {
		if good[i] == '.' {
			continue
		}
		for d := byte('0'); d <= '9'; d++ {
			if bad := good[:i] + string(d) + good[i+1:]; bad != good {
				if n, ok := PatentNumber(bad); ok {
					t.Errorf("PatentNumber(%q) = %q, want it refused", bad, n)
				}
			}
		}
	}
}

func TestPatentKind(t *testing.T) {
	for number, want := range map[string]RightKind{
		"201510100000.3": RightInvention, "201720100074.1": RightUtility, "202130000000.0": RightDesign, "": RightOther,
	} {
		if got := PatentKind(number); got != want {
			t.Errorf("PatentKind(%q) = %q, want %q", number, got, want)
		}
	}
}

func TestCreditCodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringOfN(rapid.RuneFrom([]rune(creditAlphabet)), 17, 17, -1).Draw(t, "body")
		valid := 0
		for _, c := range creditAlphabet {
			if _, ok := CreditCode(body + string(c)); ok {
				valid++
			}
		}
		if valid != 1 {
			t.Fatalf("%d check characters fit %q, want exactly 1", valid, body)
		}
	})
}

func TestIdentifiersOfPublishedExamples(t *testing.T) {
	// ORCID's own documentation uses this iD as its example.
	if got, ok := ORCID("https://orcid.org/0000-0002-1825-0097"); !ok || got != "0000-0002-1825-0097" {
		t.Errorf("ORCID example = %q, %v", got, ok)
	}
	if _, ok := ORCID("0000-0002-1825-0098"); ok {
		t.Error("an ORCID with a wrong check digit passed")
	}
	for _, bad := range []string{"", "91110000000000000", "9111000000000000IO", strings.Repeat("字", 6)} {
		if _, ok := CreditCode(bad); ok {
			t.Errorf("CreditCode(%q) passed", bad)
		}
	}
}

func TestMaturityFrom(t *testing.T) {
	for written, want := range map[string]Maturity{
		"TRL 6":  {Scale: TRL9, Level: 6, Written: "TRL 6"},
		"6级":     {Scale: TRL9, Level: 6, Written: "6级"},
		"ＴＲＬ７":   {Scale: TRL9, Level: 7, Written: "ＴＲＬ７"},
		"六级":     {Scale: TRL9, Level: 6, Written: "六级"},
		"小试":     {Scale: TRL9, Level: 4, Written: "小试", Inferred: true},
		"中试":     {Scale: TRL9, Level: 6, Written: "中试", Inferred: true},
		"可量产":    {Scale: TRL9, Level: 9, Written: "可量产", Inferred: true},
		"TRL 12": {Scale: TRL9, Written: "TRL 12"},
		"成熟":     {Scale: TRL9, Written: "成熟"},
		"":       {Scale: TRL9},
	} {
		if diff := cmp.Diff(want, MaturityFrom(written)); diff != "" {
			t.Errorf("MaturityFrom(%q): %s", written, diff)
		}
	}
}

func TestEvidenceCoversEveryLevel(t *testing.T) {
	for level := 1; level <= 9; level++ {
		if EvidenceFor(level) == "" {
			t.Errorf("level %d claims no evidence", level)
		}
	}
	if EvidenceFor(0) != "" || EvidenceFor(10) != "" {
		t.Error("evidence outside the scale")
	}
}

func TestThemesAndWaysIn(t *testing.T) {
	if diff := cmp.Diff([]Theme{Health, Environment}, ThemesIn("医药健康/环境能源")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Way{WayTransfer, WayLicence}, WaysIn("技术转让、许可使用")); diff != "" {
		t.Error(diff)
	}
	if got := ThemesIn("其他"); got != nil {
		t.Errorf("themes of nothing: %v", got)
	}
}

func TestDate(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	for _, tt := range []struct {
		d    Date
		text string
		end  string
	}{
		{Date{2022, 3, 31}, "2022-03-31", "2022-04-01"},
		{Date{2022, 12, 0}, "2022-12", "2023-01-01"},
		{Date{2022, 0, 0}, "2022", "2023-01-01"},
	} {
		if tt.d.String() != tt.text || tt.d.End(shanghai).Format("2006-01-02") != tt.end || !tt.d.Valid() {
			t.Errorf("%v: %s, ends before %s", tt.d, tt.d, tt.d.End(shanghai))
		}
	}
	for _, bad := range []Date{{2023, 2, 29}, {2023, 13, 1}, {23, 1, 1}, {2023, 0, 4}} {
		if bad.Valid() {
			t.Errorf("%v passed", bad)
		}
	}
}

func TestFoldIgnoresHowThingsAreTyped(t *testing.T) {
	if Fold("合作价格（万元）* ") != Fold("合作价格(万元)") || Fold("ＴＲＬ 6") != "trl6" {
		t.Error("fold tells typing apart")
	}
}

func TestCleanRemovesWhatNobodySees(t *testing.T) {
	got := Clean("\uFEFF a\x00b\u202Ec\r\n\td\xff ")
	if got != "abc\n\td\uFFFD" {
		t.Errorf("Clean = %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if once := Clean(s); Clean(once) != once || strings.ContainsRune(once, 0) {
			t.Fatalf("Clean(%q) = %q is not clean", s, once)
		}
	})
}

func TestKeysStay(t *testing.T) {
	r := Result{Title: "甲 方法", Owners: []string{"示范大学"}}
	same := Result{Title: "甲方法 ", Owners: []string{"示范大学"}, Abstract: "别的"}
	if r.Key() != same.Key() {
		t.Errorf("%q and %q differ", r.Key(), same.Key())
	}
	patent := Result{Kind: KindPatent, Title: "甲", Rights: []Right{{Number: "201910100148.5"}}}
	if patent.Key() != "no:201910100148.5" {
		t.Error(patent.Key())
	}
	patent.GivenID = "P7"
	if patent.Key() != "id:P7" {
		t.Error(patent.Key())
	}
}

func TestShortCodesAreApart(t *testing.T) {
	seen := map[string]bool{}
	for range 20_000 {
		id, err := uuid.NewV7()
		if err != nil {
			t.Fatal(err)
		}
		c := ShortCode("R", id)
		if !IsShortCode(c) || seen[c] {
			t.Fatalf("code %q is not new or not of the shape", c)
		}
		seen[c] = true
	}
}

func TestOnlyConfirmedThingsAreEverPublic(t *testing.T) {
	const now = 1_000
	for _, s := range ResultStates() {
		for _, confirmed := range []bool{false, true} {
			for _, unfiled := range []bool{false, true} {
				for _, expires := range []int64{0, now, now + 1} {
					r := Result{State: s, PublicConfirmed: confirmed, Unfiled: unfiled, ExpiresAt: expires}
					want := confirmed && !unfiled && expires != now && (s == ResultListed || s == ResultTalks || s == ResultLicensed)
					if r.Public(now) != want {
						t.Errorf("%s confirmed=%v unfiled=%v expires=%d: public=%v", s, confirmed, unfiled, expires, !want)
					}
				}
			}
		}
	}
	for _, s := range NeedStates() {
		n := Need{State: s, PublicConfirmed: true}
		if n.Public(now) != (s == NeedOpen) {
			t.Errorf("need %s: public=%v", s, n.Public(now))
		}
		if n.PublicConfirmed = false; n.Public(now) {
			t.Errorf("need %s is public without confirmation", s)
		}
	}
}

func TestForHidesWhatTheOfficeKeeps(t *testing.T) {
	const secret = "13800000001"
	r := Result{Title: "甲", Price: Price{Written: secret}, Remarks: secret, Contact: Contact{Phone: secret},
		Extra: map[string]string{"x": secret}, GivenID: secret}
	n := Need{Title: "乙", OwnerName: secret, Budget: Price{Written: secret}, Contact: Contact{Email: secret},
		Extra: map[string]string{"x": secret}, WishExpert: secret, WishParty: secret, Address: secret}
	for _, c := range []Class{Public, SignedIn} {
		if s := fmt.Sprintf("%+v %+v", r.For(c), n.For(c)); strings.Contains(s, secret) {
			t.Errorf("class %d sees %s", c, s)
		}
	}
	if got := r.For(Office); got.Contact.Phone != secret {
		t.Error("the office does not see the contact")
	}
}

func TestMaskedContactsCannotBeUsed(t *testing.T) {
	c := Contact{Name: "沈若川", Phone: "13800000001", Landline: "010-00000001", Email: "shen@example.edu.cn", OwnerTel: "12345"}.Masked()
	want := Contact{Name: "沈若川", Phone: "138****01", Landline: "010****01", Email: "s***@example.edu.cn", OwnerTel: "***"}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	if got := (Contact{Email: "无邮箱"}).Masked(); got.Email != "***" {
		t.Errorf("what is no address: %q", got.Email)
	}
	if got := (Contact{}).Masked(); !got.Empty() {
		t.Errorf("masks of nothing: %+v", got)
	}
}

func TestSharesStayWithTheOffice(t *testing.T) {
	r := Result{Completers: []Completer{{Name: "甲", Share: 400_000}, {Name: "乙", Share: 600_000}}}
	for class, want := range map[Class]PPM{Public: 0, SignedIn: 0, Concerned: 0, Office: 400_000} {
		if got := r.For(class).Completers[0]; got.Share != want || got.Name != "甲" {
			t.Errorf("class %d sees %+v", class, got)
		}
	}
	if r.Completers[0].Share != 400_000 {
		t.Error("the result itself lost its shares")
	}
}

// Who of the office gave a theme or a discipline is for the office.
func TestWhoClassifiedStaysInTheOffice(t *testing.T) {
	by := By{Name: "某人", At: 1}
	r, n := Result{ThemesBy: by, DisciplinesBy: by}, Need{ThemesBy: by, DisciplinesBy: by}
	for _, c := range []Class{Public, SignedIn, Concerned, Office} {
		rc, nc := r.For(c), n.For(c)
		for i, got := range []By{rc.ThemesBy, rc.DisciplinesBy, nc.ThemesBy, nc.DisciplinesBy} {
			if got.Anybody() != (c == Office) {
				t.Errorf("class %d, field %d: %+v", c, i, got)
			}
		}
	}
}

func TestThemesAndDisciplinesByName(t *testing.T) {
	for _, theme := range Themes() {
		for _, s := range []string{string(theme), theme.Name()} {
			if got, ok := ThemeNamed(s); !ok || got != theme {
				t.Errorf("%q is %q", s, got)
			}
		}
	}
	if got, ok := ThemeNamed(""); ok {
		t.Errorf("nothing is %q", got)
	}
	seen := map[string]bool{}
	for _, g := range DisciplineGroups() {
		for _, d := range g.Disciplines {
			if seen[d] || !KnownDiscipline(d) || KnownTheme(Theme(d)) {
				t.Errorf("%q stands there twice or is not known", d)
			}
			seen[d] = true
		}
	}
	if len(seen) != 67 || KnownDiscipline("") || KnownDiscipline("炼金术") {
		t.Errorf("%d disciplines", len(seen))
	}
}
