package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"datai/match"
)

// resultRow is a line of a results file.
type resultRow struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Abstract     string   `json:"abstract"`
	Keywords     []string `json:"keywords"`
	Organization string   `json:"organization"`
	Claims       string   `json:"claims"`
}

func (r *resultRow) doc() match.Doc {
	return match.Doc{
		ID: r.ID, Kind: match.KindResult, Title: r.Title, Keywords: r.Keywords,
		Abstract: r.Abstract, Claims: r.Claims, Audience: match.AudPublic,
	}
}

// needRow is a problem and the id of the result that answers it.
type needRow struct {
	Text        string `json:"text"`
	Achievement string `json:"achievement"`
}

// judgedRow is a need with graded results: 3 solves, 2 useful, 1 same topic, 0 not.
type judgedRow struct {
	Need      string         `json:"need"`
	Field     string         `json:"field"`
	Judgments map[string]int `json:"judgments"`

	Title    string   `json:"title"`    // optional
	Keywords []string `json:"keywords"` // optional
}

// paperRow is a line of a papers file: abstract, title, keywords joined by "_", and, where the file has them, discipline
// and category, tab-separated.
type paperRow struct {
	Abstract, Title      string
	Keywords             []string
	Discipline, Category string
}

const lineMax = 16 << 20

// readLines reads the values of a JSON Lines file.
func readLines[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []T
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, lineMax)
	for n := 1; sc.Scan(); n++ {
		if strings.TrimSpace(sc.Text()) == "" {
			continue
		}
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		out = append(out, v)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

func readResults(paths []string) ([]resultRow, error) {
	var out []resultRow
	for _, p := range paths {
		rows, err := readLines[resultRow](p)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

func readPapers(path string) ([]paperRow, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []paperRow
	for i, line := range strings.Split(strings.TrimRight(string(b), "\n"), "\n") {
		cols := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if len(cols) < 3 {
			return nil, fmt.Errorf("%s, line %d: want abstract, title and keywords separated by tabs, found %d columns", path, i+1, len(cols))
		}
		p := paperRow{Abstract: cols[0], Title: cols[1], Keywords: strings.Split(cols[2], "_")}
		if len(cols) >= 5 {
			p.Discipline, p.Category = cols[3], cols[4]
		}
		out = append(out, p)
	}
	return out, nil
}
